import { ByteReader } from '../../../src/bytes/index.ts'
import { isEngineError } from '../../../src/errors/index.ts'
import {
  checkSealedKeys,
  decodeAgentFile,
  decodeAttributes,
  decodeContentList,
  decodeJournal,
  decodeKeySlot,
  decodePackFooter,
  decodePackHeader,
  decodePackTrailer,
  decodeRevocationFile,
  decodeRewritingKeyFile,
  decodeSelfBackupHeader,
  decodeSnapshotBody,
  decodeSnapshotObject,
  decodeTreePage,
  decodeVaultFile,
  packHeaderBytes,
  packTrailerBytes,
  readSegmentHeader,
  readSegmentPlain,
  Refset,
  sealedBytesOf,
  type FileEntry,
} from '../../../src/format/index.ts'
import { TreeReader } from '../../../src/reader/index.ts'
import type { UnlockPrimitives } from '../../../src/unlock/index.ts'
import { entropyOfWords } from '../../../src/unlock/recovery-words.ts'

/** Bytes for a reader: most take one piece. */
export interface Given {
  readonly reader: ReaderName
  readonly parts: readonly Uint8Array[]
}

/** Blobs of a tree go by their number: the id of the nth is n in every byte, from 1 on. */
const treeOf = (blobs: readonly Uint8Array[]): TreeReader => new TreeReader((_, id) => Promise.resolve(blobs[id[0]! - 1]!))
const numberOf = (bytes: Uint8Array): number => new ByteReader(bytes).varint()

async function readFolder(blobs: readonly Uint8Array[]): Promise<void> {
  for await (const _ of treeOf(blobs).entries(new Uint8Array(32).fill(1)));
}

async function readFile(size: Uint8Array, blobs: readonly Uint8Array[]): Promise<void> {
  const file = { size: numberOf(size), content: { kind: 'list', id: new Uint8Array(32).fill(1) } } as FileEntry
  for await (const _ of treeOf(blobs).items(file));
}

function readPack(bytes: Uint8Array): void {
  decodePackHeader(bytes.subarray(0, packHeaderBytes))
  const end = bytes.length - packTrailerBytes
  const trailer = decodePackTrailer(bytes.subarray(end), bytes.length)
  decodePackFooter(bytes.subarray(end - trailer.footerBytes, end), trailer)
}

const readersOver = (p: UnlockPrimitives) =>
  ({
    varint: ([bytes]) => numberOf(bytes!),
    'vault.json': ([bytes]) => decodeVaultFile(bytes!),
    'key slot': ([bytes]) => decodeKeySlot(bytes!),
    'recovery words': ([text]) => entropyOfWords(new TextDecoder().decode(text)),
    'agent object': ([bytes]) => decodeAgentFile(bytes!),
    'sealed keys': ([bytes]) => checkSealedKeys(bytes!),
    pack: ([bytes]) => readPack(bytes!),
    'segment header': ([bytes]) => readSegmentHeader(bytes!),
    /** With its header. */
    'segment plain': ([header, plain]) => readSegmentPlain(plain!, readSegmentHeader(header!)),
    /** With what it has to unpack to, as a varint. */
    'zstd frame': ([size, frame]) => p.decompressZstd(frame!, numberOf(size!)),
    'tree page': ([bytes]) => decodeTreePage(bytes!),
    /** Pages; the first is the root. */
    folder: (pages) => readFolder(pages),
    'content list': ([bytes]) => decodeContentList(bytes!),
    /** The size of the file as a varint, then lists; the first is the root. */
    file: ([size, ...lists]) => readFile(size!, lists),
    attributes: ([bytes]) => decodeAttributes(bytes!),
    snapshot: ([bytes]) => decodeSnapshotObject(bytes!),
    'snapshot body': ([bytes]) => decodeSnapshotBody(bytes!, false),
    'rewritten snapshot body': ([bytes]) => decodeSnapshotBody(bytes!, true),
    refset: ([bytes]) => Refset.decode(bytes!),
    journal: ([bytes]) => decodeJournal(bytes!),
    revocation: ([bytes]) => decodeRevocationFile(bytes!),
    'rewriting key': ([bytes]) => decodeRewritingKeyFile(bytes!),
    'self-backup part': ([bytes]) => sealedBytesOf(bytes!, decodeSelfBackupHeader(bytes!)),
  }) satisfies Record<string, (parts: readonly Uint8Array[]) => unknown>

export type ReaderName = keyof ReturnType<typeof readersOver>

/** Of each `accepted`, the code of the refusal, or what it failed with otherwise. */
export async function outcomesOf(p: UnlockPrimitives, given: readonly Given[]): Promise<string[]> {
  const readers: Readonly<Record<ReaderName, (parts: readonly Uint8Array[]) => unknown>> = readersOver(p)
  const outcomes: string[] = []
  for (const { reader, parts } of given)
    try {
      await readers[reader](parts)
      outcomes.push('accepted')
    } catch (error) {
      outcomes.push(isEngineError(error) ? error.code : String(error))
    }
  return outcomes
}
