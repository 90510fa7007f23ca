import {
  appendFileSync,
  chmodSync,
  closeSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { setFileTimes } from '../../src/source/index.ts'
import { seededRandom } from '../../src/store/testing/index.ts'

/** What people and programs do to files in a day. */
const changes = [
  'edit',
  'overwrite',
  'append',
  'truncate',
  'same-size',
  'same-size-and-time',
  'create',
  'delete',
  'rename',
  'move',
  'mode',
  'touch',
  'symlink',
  'link',
  'break-link',
  'copy',
] as const
const folderChanges = [
  'create-folder',
  'rename-folder',
  'move-folder',
  'delete-folder',
  'folder-mode',
  'file-becomes-folder',
  'file-becomes-symlink',
  'folder-becomes-file',
  'folder-becomes-symlink',
  'symlink-becomes-file',
  'symlink-becomes-folder',
] as const

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
    const folderCount = this.#random() < 0.5 ? 1 : isBusy ? 5 : 0
    for (let n = 0; n < folderCount; n++) this.#changeFolders(this.#pick(folderChanges))
    while (this.#files().length < this.#targetFiles * 0.7) this.#create()
    while (this.#files().length > this.#targetFiles * 1.4) rmSync(this.#pick(this.#files()))
  }

  #change(change: (typeof changes)[number]): void {
    const files = this.#files()
    if (change === 'create' || files.length === 0) return this.#create()
    const file = this.#pick(files)
    const newPlace = `${this.#anyFolder()}/${this.#newName('f')}`
    if (change === 'symlink') return this.#symlink(newPlace)
    if (change === 'break-link') return this.#breakLink(files)
    if (change === 'delete') return rmSync(file)
    if (change === 'rename') return renameSync(file, `${file.slice(0, file.lastIndexOf('/'))}/${this.#newName('f')}`)
    if (change === 'move') return renameSync(file, newPlace)
    if (change === 'link') return linkSync(file, newPlace)
    if (change === 'copy') return writeFileSync(newPlace, readFileSync(file))
    if (change === 'mode') return chmodSync(file, this.#pick([0o600, 0o644, 0o755, 0o444, 0o4755]))
    if (change === 'touch') return utimesSync(file, this.#below(2e9), this.#below(2e9))
    return this.#changeContent(file, change)
  }

  /** As editors save: a new file under the old name; the other names keep the old bytes. */
  #breakLink(files: readonly string[]): void {
    const linked = files.filter((path) => lstatSync(path).nlink > 1)
    if (linked.length === 0) return
    const file = this.#pick(linked)
    writeFileSync(`${file}.new`, this.#random() < 0.5 ? readFileSync(file) : this.#content())
    renameSync(`${file}.new`, file)
  }

  #symlink(path: string): void {
    symlinkSync(this.#pick(['nowhere', '../x', '.', '/etc/hostname']), path)
    if (this.#random() < 0.5) lutimesSync(path, this.#below(2e9), this.#below(2e9))
  }

  #changeContent(file: string, change: 'edit' | 'overwrite' | 'append' | 'truncate' | 'same-size' | 'same-size-and-time'): void {
    if (change === 'overwrite') return writeFileSync(file, this.#content())
    if (change === 'same-size' || change === 'same-size-and-time') {
      const { size, mtimeNs } = lstatSync(file, { bigint: true })
      const fd = openSync(file, 'r+')
      writeSync(fd, this.#bytes(Number(size)))
      // To the nanosecond: only ctime tells.
      if (change === 'same-size-and-time') setFileTimes(fd, mtimeNs)
      return closeSync(fd)
    }
    if (change === 'append') return appendFileSync(file, this.#content())
    const content = readFileSync(file)
    if (change === 'truncate') return truncateSync(file, this.#below(content.length + 1))
    // In the middle, of another length: everything behind it moves.
    const at = this.#below(content.length + 1)
    writeFileSync(file, Buffer.concat([content.subarray(0, at), this.#bytes(this.#below(2000)), content.subarray(at + this.#below(1000))]))
  }

  #changeFolders(change: (typeof folderChanges)[number]): void {
    if (change.startsWith('file-') || change.startsWith('symlink-')) return this.#changeKind(change)
    const folders = this.#folders().slice(1)
    if (change === 'create-folder' || folders.length < 8) return mkdirSync(`${this.#anyFolder()}/${this.#newName('d')}`)
    const folder = this.#pick(folders)
    const beside = `${folder.slice(0, folder.lastIndexOf('/'))}/${this.#newName('d')}`
    if (change === 'rename-folder') return renameSync(folder, beside)
    if (change === 'folder-mode') return chmodSync(folder, this.#pick([0o700, 0o755, 0o2770, 0o1777]))
    if (change === 'move-folder') {
      const outside = [this.root, ...folders].filter((path) => !`${path}/`.startsWith(`${folder}/`))
      return renameSync(folder, `${this.#pick(outside)}/${this.#newName('d')}`)
    }
    rmSync(folder, { recursive: true })
    if (change === 'folder-becomes-file') writeFileSync(folder, this.#content())
    if (change === 'folder-becomes-symlink') this.#symlink(folder)
  }

  /** Something else under the same name. */
  #changeKind(change: (typeof folderChanges)[number]): void {
    const from = change.startsWith('file-') ? this.#files() : this.#all().filter((path) => lstatSync(path).isSymbolicLink())
    if (from.length === 0) return
    const path = this.#pick(from)
    rmSync(path)
    if (change.endsWith('-symlink')) return this.#symlink(path)
    if (change.endsWith('-file')) return writeFileSync(path, this.#content())
    mkdirSync(path)
    writeFileSync(`${path}/${this.#newName('f')}`, this.#content())
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

  #all(folder = this.root): string[] {
    // Not readdir's own `recursive`: without types it follows symlinks, and round in circles.
    const found: string[] = []
    for (const entry of readdirSync(folder, { withFileTypes: true }).toSorted((left, right) => (left.name < right.name ? -1 : 1))) {
      const path = `${folder}/${entry.name}`
      found.push(path)
      if (entry.isDirectory()) found.push(...this.#all(path))
    }
    return found
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
