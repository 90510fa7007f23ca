import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import type { Thing, Tree } from './keeping-model.ts'

const names = ['a', 'b', 'c', 'd', 'e'] as const
const deepest = 4

/** mulberry32 */
export function randomOf(seed: number): (below: number) => number {
  let state = seed | 0
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

/** A folder with two sources, in which few names are made, changed, taken away and made again as something else. */
export class KeepingSource {
  readonly root: string
  readonly #random: (below: number) => number
  #made = 0

  constructor(root: string, random: (below: number) => number) {
    this.root = root
    this.#random = random
    for (const source of ['one', 'two']) mkdirSync(`${root}/${source}`, { recursive: true })
  }

  change(): void {
    const path = this.#somePath()
    const isThere = isAt(path)
    const act = this.#random(10)
    if (act < 3) rmSync(path, { recursive: true, force: true })
    else if (act === 3) {
      const other = this.#somePath()
      if (isThere && !isAt(other) && !`${other}/`.startsWith(`${path}/`)) renameSync(path, other)
    } else {
      if (isThere && this.#random(4) > 0 && act > 4) return
      const isFile = isThere && lstatSync(path).isFile()
      if (isThere && !(isFile && act > 6)) rmSync(path, { recursive: true, force: true })
      this.#make(path, act)
    }
  }

  #make(path: string, act: number): void {
    if (act === 4) symlinkSync(`target ${this.#made++}`, path)
    else if (act === 5) {
      mkdirSync(path)
      for (const name of names.slice(0, this.#random(4))) this.#write(`${path}/${name}`)
    } else if (act === 6) {
      const other = this.#somePath()
      if (lstatSync(other, { throwIfNoEntry: false })?.isFile() === true) linkSync(other, path)
      else this.#write(path)
    } else this.#write(path)
  }

  /** Some lie in the tree page, some are one blob, some share it. */
  #write(path: string): void {
    const text = `${this.#random(3) === 0 ? 'same' : this.#made++} `
    writeFileSync(path, text.repeat([1, 20, 300][this.#random(3)]!))
  }

  /** Of a folder that is there; the path itself may be free. */
  #somePath(): string {
    let folder = `${this.root}/${this.#random(2) === 0 ? 'one' : 'two'}`
    for (let depth = this.#random(deepest); depth > 0; depth--) {
      const folders = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
      const next = folders[this.#random(Math.max(1, folders.length))]
      if (next !== undefined) folder += `/${next.name}`
    }
    return `${folder}/${names[this.#random(names.length)]!}`
  }

  /** Closes some of what is there. @returns their paths, and how to open them again. */
  close(count: number): { readonly closed: ReadonlySet<string>; readonly open: () => void } {
    const closed = new Map<string, number>()
    for (let index = 0; index < count; index++) {
      const status = lstatSync(this.#somePath(), { throwIfNoEntry: false })
      if (status === undefined || status.isSymbolicLink()) continue
      const paths = [...treeOf(this.root).keys()].filter((path) => lstatSync(`${this.root}/${path}`).ino === status.ino)
      for (const path of paths) closed.set(path, closed.get(path) ?? status.mode)
    }
    for (const path of closed.keys()) chmodSync(`${this.root}/${path}`, 0)
    return {
      closed: new Set(closed.keys()),
      open: () => {
        for (const [path, mode] of closed) chmodSync(`${this.root}/${path}`, mode)
      },
    }
  }
}

const isAt = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined

/** What is on a disk, but for what is in closed folders. */
export function treeOf(root: string, closed: ReadonlySet<string> = new Set()): Tree {
  const tree = new Map<string, Thing>()
  const visit = (path: string): void => {
    const full = `${root}/${path}`
    const status = lstatSync(full)
    const put = (kind: Thing['kind'], text = ''): unknown => tree.set(path, { kind, text, deletedAtMs: null })
    if (status.isSymbolicLink()) put('link', readlinkSync(full))
    else if (status.isFile()) put('file', readFileSync(full, 'utf8'))
    else {
      put('folder')
      if (!closed.has(path)) for (const name of readdirSync(full).toSorted()) visit(`${path}/${name}`)
    }
  }
  for (const name of readdirSync(root).toSorted()) visit(name)
  return tree
}
