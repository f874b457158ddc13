/** What is used of Metro's configuration, its resolver and its server: Metro's own types change with every version. */
export interface MetroConfig {
  projectRoot?: string
  watchFolders?: readonly string[]
  resolver?: {
    assetExts?: readonly string[]
    sourceExts?: readonly string[]
    nodeModulesPaths?: readonly string[]
    extraNodeModules?: Readonly<Record<string, string>>
    resolveRequest?: ResolveRequest | null
  }
  transformer?: { assetPlugins?: readonly string[]; assetRegistryPath?: string }
  server?: { enhanceMiddleware?: EnhanceMiddleware | null }
  watcher?: { additionalExts?: readonly string[] }
}

export interface ResolutionContext {
  readonly originModulePath: string
  readonly resolveRequest: ResolveRequest
}

export interface Resolution {
  readonly type: 'sourceFile' | 'assetFiles' | 'empty'
  readonly filePath?: string
  readonly filePaths?: readonly string[]
}

export type ResolveRequest = (context: ResolutionContext, name: string, platform: string | null) => Resolution

export interface MetroServer {
  getBundler(): { getBundler(): { getDependencyGraph(): Promise<DependencyGraph> } }
}

/** Metro's list of files. */
export interface DependencyGraph {
  /** The hash of a file, which is the key of Metro's cache, and its content where that is known already. */
  getOrComputeSha1(path: string): Promise<{ sha1: string; content?: Buffer }>
  getWatcher(): { on(event: 'change', listener: () => void): void }
}

export type Middleware = (
  request: import('node:http').IncomingMessage,
  response: import('node:http').ServerResponse,
  next: (error?: unknown) => void,
) => unknown

export type EnhanceMiddleware = (middleware: Middleware, server: MetroServer) => Middleware

const sections = ['resolver', 'transformer', 'server', 'watcher', 'serializer', 'symbolicator'] as const

/** A configuration with what it leaves open taken from another, section by section, as Metro's `mergeConfig` does. */
export function completeConfig(base: object | undefined, given: object): MetroConfig {
  const [before, after] = [base ?? {}, given] as Record<string, object | undefined>[]
  const whole: Record<string, unknown> = { ...before, ...after }
  for (const name of sections) whole[name] = { ...before![name], ...after![name] }
  return whole
}
