// Metro's asset plugin: gives Metro the model's file in the cache in place of the entry's placeholder. Metro loads it with
// `require` in each of its workers and calls what it exports, so that it has to be a module of this kind.
const { readFileSync } = require('node:fs')

module.exports = (asset) => {
  const folder = /\.graphdef(?=\/[0-9a-f]{16}$)/
  if (asset.type !== 'pb' || !folder.test(asset.httpServerLocation)) return asset
  const { file, hash } = JSON.parse(readFileSync(asset.files[0], 'utf8'))
  return {
    ...asset,
    files: [file],
    hash,
    // Without the dot: servers of static files keep such folders to themselves.
    httpServerLocation: asset.httpServerLocation.replace(folder, 'graphdef'),
  }
}
