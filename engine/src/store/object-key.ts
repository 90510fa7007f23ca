import { EngineError } from '../errors/index.ts'

// S3's limit for a key, and the limit of Linux file systems for one name.
const longestKeyBytes = 1024
const longestPartBytes = 255
const keyPattern = /^[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*$/

/**
 * A key is parts of `A-Z a-z 0-9 . _ -` with `/` between, none of them `.` or `..`. A key that is the folder of another
 * (`a` and `a/b`) is not to be used: S3 would allow it, a directory cannot.
 *
 * @throws EngineError `store.invalid-key`
 */
export function requireKey(key: string): void {
  if (!isKey(key)) throw invalidKey('The key of an object has characters, parts or a length that a store does not allow.', key)
}

export function isKey(key: string): boolean {
  return keyPattern.test(key) && key.length <= longestKeyBytes && key.split('/').every(isPart)
}

/** One part of a key: no slash, not `.` or `..`. */
function isPart(part: string): boolean {
  return part !== '.' && part !== '..' && part.length <= longestPartBytes
}

/**
 * A prefix is a key cut off anywhere, or nothing.
 * @throws EngineError `store.invalid-key`
 */
export function requirePrefix(prefix: string): void {
  const folder = prefix.slice(0, Math.max(0, prefix.lastIndexOf('/')))
  const rest = prefix.slice(folder.length === 0 ? 0 : folder.length + 1)
  const isFolderGood = folder === '' ? !prefix.startsWith('/') : isKey(folder)
  if (!isFolderGood || !/^[A-Za-z0-9._-]*$/.test(rest)) throw invalidKey('No key can start with this prefix.', prefix)
}

function invalidKey(problem: string, key: string): EngineError {
  return new EngineError('store.invalid-key', `${problem} This is a bug of the caller.`, { context: { key: key.slice(0, 200) } })
}
