/** What every host is held against, with what the README says of it. */
export const features = {
  assets: 'two requests of a file become two assets, named by content, with the bytes and manifest of every other host',
  page: 'the URL works in a browser, deployed in a sub-folder',
  script: 'so it does in a classic script',
  worker: 'and in a worker',
  node: 'and in Node, or it is the one of the client build',
  watch: 'a change of the model, or of a file that its chain reads, rebuilds; so does a model that comes late',
  dev: 'a dev server serves it, with Range; a change of the model, and an error in it, reaches the page',
  attributes: 'the request may stand in import attributes, of an `import()` too',
  newUrl: '`new URL` with the request and `import.meta.url` gives the URL alone, in pages, workers and Node',
  paths: 'unicode, spaces, `#`, links, aliases, package exports and a cache outside the project',
  errors: 'a broken import fails the build with the one text, which names the file',
  cache: 'a second build runs no transform and gives the same files',
  folders: 'a build in another folder gives the same files',
  rule: "a rule of the user's own for `.pb` changes nothing",
} as const

export type Feature = keyof typeof features

/** The hosts, with what one cannot have and why. */
export const hosts: Readonly<Record<string, Partial<Record<Feature, string>>>> = {
  'Vite 8': { script: 'its pages load modules' },
  'Vite 7': { script: 'its pages load modules' },
  'Vite 6': { script: 'its pages load modules' },
  'Rollup 4': { dev: 'it has no dev server', rule: 'it has no rules for files' },
  'Rolldown 1': { dev: 'it has no dev server' },
  'webpack 5': { script: 'its pages load such a script as they are' },
  'Rspack 2': { script: 'its pages load such a script as they are' },
  esbuild: {},
  'Metro 0.84': {
    watch: 'it builds once, or serves',
    attributes: 'it leaves them out',
    newUrl: 'its bundle is a script, without `import.meta`',
    paths: 'its own rules for paths are tested in metro-imports.test.ts',
  },
}

/** The README's table: a row a feature, a column a host. Every cell but `–` is a test of `npm run test:hosts`. */
export function matrixRows(cell: (host: string, feature: Feature) => string): { head: string[]; rows: string[][] } {
  const names = Object.keys(hosts)
  return {
    head: ['', ...names],
    rows: (Object.keys(features) as Feature[]).map((feature) => [
      features[feature],
      ...names.map((name) => (hosts[name]![feature] ? '–' : cell(name, feature))),
    ]),
  }
}
