import { EngineError } from '../errors/index.ts'
import { blobTypes, encodeAttributes, maxAttributesBytes, type ExtendedAttribute } from '../format/index.ts'
import { readAttributes } from '../source/index.ts'
import type { BlobSink } from '../vault/blob-sink.ts'
import type { CataloguedBlob } from './catalogue/index.ts'

/** Extended attributes as they were found, and why they could not be, if so: then the entry is kept without them. */
export interface FoundAttributes {
  readonly attributes: readonly ExtendedAttribute[]
  readonly problem: EngineError | null
}

const nameRoomBytes = 16

/** @param target a path, whose last component is not followed, or an open file. Never throws for the attributes' sake. */
export function findAttributes(target: Uint8Array | number): FoundAttributes {
  try {
    const attributes = readAttributes(target)
    // Most entries have none: no object is made for them.
    if (attributes.length === 0) return noAttributes
    const bytes = attributes.reduce((sum, { name, value }) => sum + name.length + value.length + nameRoomBytes, 0)
    return bytes > maxAttributesBytes ? { attributes: [], problem: tooLarge() } : { attributes, problem: null }
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    return error.code === 'source.not-found' ? noAttributes : { attributes: [], problem: unreadable(error) }
  }
}

const noAttributes: FoundAttributes = { attributes: [], problem: null }

/** @returns the blob of them, null for none. Entries with the same attributes share it. */
export function storeAttributes(sink: BlobSink, attributes: readonly ExtendedAttribute[]): CataloguedBlob | null {
  if (attributes.length === 0) return null
  const ticket = sink.add(blobTypes.attributes, encodeAttributes(attributes))
  return { id: sink.idOf(ticket), ticket }
}

const tooLarge = (): EngineError =>
  new EngineError(
    'source.unsupported',
    'Its extended attributes are larger than 1 MiB together and were not kept; all else was. Move what they hold into a file.',
  )

const unreadable = (cause: EngineError): EngineError =>
  new EngineError(
    cause.code,
    'Its extended attributes and ACL could not be read and were not kept; all else was. Run the agent as root, or check the disk.',
    { cause },
  )
