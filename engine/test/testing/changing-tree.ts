import {
  appendFileSync,
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { lstatSync } from 'node:fs'
import { seededRandom } from '../../src/store/testing/index.ts'

/** What people and programs do to files in a day. */
const changes = [
  'edit',
  'overwrite',
  'append',
  'truncate',
  'create',
  'delete',
  'rename',
  'move',
  'mode',
  'touch',
  'symlink',
  'link',
  'copy',
] as const
const folderChanges = ['create-folder', 'rename-folder', 'delete-folder', 'file-becomes-folder'] as const

/** A tree that changes day by day, the same way for the same seed. */
export class ChangingTree {
  readonly root: string
  readonly #random: () => number
  readonly #targetFiles: number
  #named = 0

  constructor(root: string, seed: number, targetFiles: number) {
    this.root = root
    this.#random = seededRandom(seed)
    this.#targetFiles = targetFiles
    mkdirSync(root)
    for (let n = 0; n < 12; n++) mkdirSync(`${this.#anyFolder()}/${this.#newName('d')}`)
    for (let n = 0; n < targetFiles; n++) this.#create()
  }

  /** A working day: some 2 % of the files, now and then a folder, rarely much at once. */
  liveADay(): void {
    const isBusy = this.#random() < 0.05
    const count = Math.ceil(this.#targetFiles * (isBusy ? 0.3 : 0.02) * (0.5 + this.#random()))
    for (let n = 0; n < count; n++) this.#change(this.#pick(changes))
    if (this.#random() < 0.3) this.#changeFolders(this.#pick(folderChanges))
    while (this.#files().length < this.#targetFiles * 0.7) this.#create()
    while (this.#files().length > this.#targetFiles * 1.4) rmSync(this.#pick(this.#files()))
  }

  #change(change: (typeof changes)[number]): void {
    const files = this.#files()
    if (change === 'create' || files.length === 0) return this.#create()
    const file = this.#pick(files)
    const newPlace = `${this.#anyFolder()}/${this.#newName('f')}`
    if (change === 'symlink') return symlinkSync(this.#pick(['nowhere', file, '../x']), newPlace)
    if (change === 'delete') return rmSync(file)
    if (change === 'rename') return renameSync(file, `${file.slice(0, file.lastIndexOf('/'))}/${this.#newName('f')}`)
    if (change === 'move') return renameSync(file, newPlace)
    if (change === 'link') return linkSync(file, newPlace)
    if (change === 'copy') return writeFileSync(newPlace, readFileSync(file))
    if (change === 'mode') return chmodSync(file, this.#pick([0o600, 0o644, 0o755, 0o444, 0o4755]))
    if (change === 'touch') return utimesSync(file, this.#below(2e9), this.#below(2e9))
    return this.#changeContent(file, change)
  }

  #changeContent(file: string, change: 'edit' | 'overwrite' | 'append' | 'truncate'): void {
    if (change === 'overwrite') return writeFileSync(file, this.#content())
    if (change === 'append') return appendFileSync(file, this.#content())
    const content = readFileSync(file)
    if (change === 'truncate') return truncateSync(file, this.#below(content.length + 1))
    // In the middle, of another length: everything behind it moves.
    const at = this.#below(content.length + 1)
    writeFileSync(file, Buffer.concat([content.subarray(0, at), this.#bytes(this.#below(2000)), content.subarray(at + this.#below(1000))]))
  }

  #changeFolders(change: (typeof folderChanges)[number]): void {
    const folders = this.#folders().slice(1)
    if (change === 'create-folder' || folders.length < 8) return mkdirSync(`${this.#anyFolder()}/${this.#newName('d')}`)
    const folder = this.#pick(folders)
    const beside = `${folder.slice(0, folder.lastIndexOf('/'))}/${this.#newName('d')}`
    if (change === 'rename-folder') return renameSync(folder, beside)
    if (change === 'delete-folder') return rmSync(folder, { recursive: true })
    const files = this.#files()
    if (files.length === 0) return
    const file = this.#pick(files)
    rmSync(file)
    mkdirSync(file)
  }

  #create(): void {
    writeFileSync(`${this.#anyFolder()}/${this.#newName('f')}`, this.#content())
  }

  /** Mostly small, some empty, some of several chunks, one in a hundred beyond a MiB. */
  #content(): Buffer {
    const kind = this.#random()
    if (kind < 0.05) return Buffer.alloc(0)
    if (kind < 0.2) return this.#bytes(this.#below(200))
    if (kind < 0.95) return this.#bytes(this.#below(20_000))
    if (kind < 0.99) return this.#bytes(200_000 + this.#below(400_000))
    return this.#bytes(1_000_000 + this.#below(1_500_000))
  }

  /** Half of it compressible. */
  #bytes(count: number): Buffer {
    const bytes = Buffer.alloc(count, `seeded text ${this.#below(1000)} `)
    for (let at = 0; at + 4 <= count && at < count / 2; at += 4) bytes.writeUInt32LE(Math.floor(this.#random() * 2 ** 32), at)
    return bytes
  }

  #folders(): string[] {
    return [this.root, ...this.#all().filter((path) => lstatSync(path).isDirectory())]
  }

  #files(): string[] {
    return this.#all().filter((path) => lstatSync(path).isFile())
  }

  #all(): string[] {
    return readdirSync(this.root, { recursive: true, encoding: 'utf8' })
      .toSorted()
      .map((name) => `${this.root}/${name}`)
  }

  #anyFolder(): string {
    return this.#pick(this.#folders())
  }

  #newName(kind: string): string {
    this.#named += 1
    return `${kind}${this.#named.toString(36)}${this.#random() < 0.1 ? ' \u00e9\u{1f4be}' : ''}`
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit)
  }

  #pick<T>(values: readonly T[]): T {
    const value = values[this.#below(values.length)]
    if (value === undefined) throw new RangeError('nothing to pick from')
    return value
  }
}
