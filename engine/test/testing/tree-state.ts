import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'

/**
 * What a tree is, path by path: kind, mode, owner, time in nanoseconds, size, content, target, and which names are one file. Equal
 * states are equal trees for everything that a backup promises.
 */
export function treeState(root: string): Map<string, string> {
  const state = new Map<string, string>()
  const firstNames = new Map<bigint, string>()
  const visit = (path: string, name: string): void => {
    const status = lstatSync(path, { bigint: true })
    const fields = [status.mode.toString(8), status.uid, status.gid]
    if (status.isSymbolicLink()) fields.push(status.mtimeNs, readlinkSync(path))
    // A folder's size is the file system's own affair.
    else if (status.isDirectory()) fields.push(status.mtimeNs)
    else fields.push(status.mtimeNs, status.size, createHash('sha256').update(readFileSync(path)).digest('hex'), linkOf(status, name))
    state.set(name, fields.join(' '))
    if (status.isDirectory()) for (const child of readdirSync(path).toSorted()) visit(`${path}/${child}`, `${name}/${child}`)
  }
  const linkOf = ({ nlink, ino }: { nlink: bigint; ino: bigint }, name: string): string => {
    if (nlink === 1n) return ''
    if (!firstNames.has(ino)) firstNames.set(ino, name)
    return `= ${firstNames.get(ino)}`
  }
  visit(root, '')
  return state
}

/** The paths in which two states differ, with both sides. */
export function stateDifferences(expected: ReadonlyMap<string, string>, found: ReadonlyMap<string, string>): string[] {
  const paths = new Set([...expected.keys(), ...found.keys()])
  return [...paths]
    .filter((path) => expected.get(path) !== found.get(path))
    .map((path) => `${path}: ${expected.get(path)} | ${found.get(path)}`)
}
