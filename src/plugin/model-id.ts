import { canonicalQuery, isModelQuery } from '../chain/request.js'

/** What a model's file may be called; what it really is, its bytes tell. */
const modelFile = /\.(?:pb|pbtxt|pbmm|mmpb)(?:\.gz)?$/

/** Whether a path, without a query, may be that of a model. */
export function isModelFile(path: string): boolean {
  return modelFile.test(path)
}

/** The file and query of an import or module id that asks for a model; undefined for all others. */
export function splitModelId(id: string): { file: string; query: string } | undefined {
  const mark = id.indexOf('?')
  if (mark < 0 || !modelFile.test(id.slice(0, mark))) return undefined
  const hash = id.indexOf('#', mark)
  const query = id.slice(mark + 1, hash < 0 ? undefined : hash)
  return isModelQuery(query) ? { file: id.slice(0, mark), query } : undefined
}

/** The one id of a file and a request, whatever order the query's keys have. */
export function modelId(file: string, query: string): string {
  return `${file}?${canonicalQuery(query)}`
}

/** What hosts' filters match before `splitModelId` looks closer. */
export const modelIdPattern: RegExp = /\.(?:pb|pbtxt|pbmm|mmpb)(?:\.gz)?\?/

/** The same for hosts that pass on import attributes, by which a path without a query may ask for a model. */
export const modelPathPattern: RegExp = /\.(?:pb|pbtxt|pbmm|mmpb)(?:\.gz)?(?:[?#]|$)/
