import { closeSync, fstatSync, openSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { compareBytes } from '../../bytes/index.ts'
import { EngineError, isEngineError } from '../../errors/index.ts'
import { objectIdBytes, type BlobLocation } from '../../format/index.ts'
import type { BlobTicket } from '../../vault/blob-sink.ts'
import { damaged, decodeHeader, decodeTrailer, hashPath, headerBytes, trailerBytes } from './catalogue-layout.ts'
import { partHeadBytes, PartReader } from './catalogue-part.ts'
import type { CataloguedBlob, CataloguedFile, CatalogueIdentity, CatalogueLine } from './catalogue-types.ts'
import { PlaceColumns, type NumberedPlace } from './place-columns.ts'
import { readAt, readInto } from './read-at.ts'

/**
 * Opens the catalogue of the last committed backup.
 *
 * @returns null when there is none.
 * @throws EngineError `catalogue.damaged` for one that is cut short, damaged in its tables, of another version or of another vault: go on without.
 */
export function openCatalogue(path: string, expected: CatalogueIdentity): Catalogue | null {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new EngineError('catalogue.damaged', 'The list of known files cannot be opened. Nothing is lost; all files are read again.', {
      cause: error,
    })
  }
  try {
    return new Catalogue(fd, expected)
  } catch (error) {
    closeSync(fd)
    throw isEngineError(error, 'catalogue.damaged')
      ? error
      : new EngineError('catalogue.damaged', damaged('it cannot be read').message, { cause: error })
  }
}

/** What the last backup knew of files, folder by folder. 16 bytes of memory a part (a folder, or 64 KiB of files); files and places stay on disk. */
export class Catalogue {
  /** The snapshot it describes: use it only while the vault holds that. */
  readonly snapshotId: Uint8Array
  readonly #fd: number
  readonly #hashes: Uint32Array
  readonly #lengths: Uint32Array
  readonly #offsets: Float64Array
  readonly #packIds: Uint8Array
  readonly #places: PlaceColumns
  #damagedParts = 0

  /** @param fd is closed by {@link close}. */
  constructor(fd: number, expected: CatalogueIdentity) {
    this.#fd = fd
    const fileBytes = fstatSync(fd).size
    if (fileBytes < headerBytes + trailerBytes) throw damaged('it is cut short')
    this.snapshotId = decodeHeader(readAt(fd, 0, headerBytes), expected)
    const trailer = decodeTrailer(readAt(fd, fileBytes - trailerBytes, trailerBytes), fileBytes)
    const columns = new Columns(fd, trailer.tablesOffset)
    this.#hashes = new Uint32Array(columns.take(trailer.parts * 4))
    this.#lengths = new Uint32Array(columns.take(trailer.parts * 4))
    this.#offsets = new Float64Array(columns.take(trailer.parts * 8))
    this.#packIds = new Uint8Array(columns.take(trailer.packs * objectIdBytes))
    this.#places = new PlaceColumns(fd, columns.end, trailer.tickets)
    if (this.#places.sum(columns.crc) !== trailer.tablesCrc) throw damaged('its tables are damaged')
  }

  /** Parts that could not be believed so far; their files count as never seen. */
  get damagedParts(): number {
    return this.#damagedParts
  }

  /** What is known of a folder; empty when nothing is. @param path absolute raw bytes. */
  folder(path: Uint8Array): KnownFolder {
    const hash = hashPath(path)
    const first = lowerBound(this.#hashes, hash)
    let end = first
    while (this.#hashes[end] === hash) end++
    return new KnownFolder(end - first, (index) => this.#readPart(first + index, path))
  }

  /** Where the last backup's blob lies; null when that is not known. */
  locationOf(ticket: BlobTicket): BlobLocation | null {
    const place = this.#placeOf(ticket)
    if (place === null) return null
    const start = place.pack * objectIdBytes
    if (start >= this.#packIds.length) return null
    return { packId: this.#packIds.subarray(start, start + objectIdBytes), ordinal: place.ordinal, position: place.position }
  }

  close(): void {
    closeSync(this.#fd)
  }

  #placeOf(ticket: BlobTicket): NumberedPlace | null {
    try {
      return this.#places.of(ticket)
    } catch {
      // As with a part: the blob counts as never seen.
      this.#damagedParts++
      return null
    }
  }

  #readPart(rank: number, path: Uint8Array): FoundPart {
    try {
      const length = this.#lengths[rank]!
      if (length < partHeadBytes) throw damaged('a part is cut short')
      const part = new PartReader(readAt(this.#fd, this.#offsets[rank]!, length), path)
      return part.isOfFolder ? part : 'of another folder'
    } catch {
      // Whatever is wrong with it (checksum, decoding, disk): its files count as changed, and the caller is told by `damagedParts`.
      this.#damagedParts++
      return 'damaged'
    }
  }
}

/** Folders may share a hash. */
type FoundPart = PartReader | 'of another folder' | 'damaged'

/** The files of one folder of the last backup, to be asked for in ascending order of their names. */
export class KnownFolder {
  readonly #count: number
  readonly #read: (index: number) => FoundPart
  #next = 0
  #part: PartReader | null = null
  #file: CataloguedFile | null = null

  constructor(count: number, read: (index: number) => FoundPart) {
    this.#count = count
    this.#read = read
    this.#step()
  }

  /** There are lines of it, or it is known to be empty. */
  get isKnown(): boolean {
    return this.#count > 0
  }

  /**
   * Every line there is, in order of the names and from the first on, part by part; independent of {@link find}.
   * A part that cannot be believed is null: what was in it is not known.
   */
  *parts(): Generator<readonly CatalogueLine[] | null> {
    for (let index = 0; index < this.#count; index++) {
      const part = this.#read(index)
      if (part === 'damaged') yield null
      else if (part !== 'of another folder') yield linesOf(part)
    }
  }

  find(name: Uint8Array): CataloguedFile | null {
    while (this.#file !== null) {
      const order = compareBytes(this.#file.name, name)
      if (order === 0) return this.#file
      if (order > 0) return null
      this.#step()
    }
    return null
  }

  /** The folder's tree pages, which its last part names. */
  pages(): readonly CataloguedBlob[] {
    if (this.#count === 0) return []
    return (this.#count === this.#next ? this.#part : partOf(this.#read(this.#count - 1)))?.pages ?? []
  }

  #step(): void {
    this.#file = nextFile(this.#part)
    while (this.#file === null && this.#next < this.#count) {
      this.#part = partOf(this.#read(this.#next++))
      this.#file = nextFile(this.#part)
    }
  }
}

const partOf = (found: FoundPart): PartReader | null => (typeof found === 'string' ? null : found)

function nextFile(part: PartReader | null): CataloguedFile | null {
  for (let line = part?.next() ?? null; line !== null; line = part?.next() ?? null) if (line.kind === 'file') return line.file
  return null
}

/** Null for a part that does not decode although its checksum holds. */
function linesOf(part: PartReader): CatalogueLine[] | null {
  const lines: CatalogueLine[] = []
  try {
    for (let line = part.next(); line !== null; line = part.next()) lines.push(line)
    return lines
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    return null
  }
}

/** The tables before those of places, one after the other. */
class Columns {
  readonly #fd: number
  #end: number
  #crc = 0

  constructor(fd: number, start: number) {
    this.#fd = fd
    this.#end = start
  }

  /** Where the next one begins. */
  get end(): number {
    return this.#end
  }

  /** Of all that was taken. */
  get crc(): number {
    return this.#crc
  }

  take(length: number): ArrayBuffer {
    const bytes = new Uint8Array(length)
    readInto(this.#fd, bytes, this.#end)
    this.#end += length
    this.#crc = crc32(bytes, this.#crc)
    return bytes.buffer
  }
}

/** First rank whose hash is not below `hash`. */
function lowerBound(hashes: Uint32Array, hash: number): number {
  let low = 0
  let high = hashes.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (hashes[middle]! < hash) low = middle + 1
    else high = middle
  }
  return low
}
