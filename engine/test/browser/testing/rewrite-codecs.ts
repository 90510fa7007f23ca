import { createBlobHasher } from '../../../src/blob-id/index.ts'
import { fromHex, toHex } from '../../../src/bytes/index.ts'
import {
  blobTypes,
  buildContent,
  buildFolderPages,
  decodeContentList,
  decodeTreePage,
  pageSeedOf,
  Refset,
  type VaultFile,
} from '../../../src/format/index.ts'
import { deriveHubKeys, VaultKeys, type UnlockPrimitives } from '../../../src/unlock/index.ts'
import { rewriteBlob } from './rewrite-blob.ts'

/** codecs.json: bytes in hex. */
export interface CodecGoldens {
  readonly vault: VaultFile
  /** All keys that follow from the master key, by their names in docs/vault-format.md. */
  readonly keys: Readonly<Record<string, string>>
  readonly pages: readonly string[]
  readonly interior: string
  readonly lists: readonly string[]
  readonly attributes: readonly string[]
  readonly refset: string
  /** Length of the counted bytes, then their id under each type. */
  readonly blobIds: readonly (readonly [number, ...string[]])[]
}

/** The input of BLAKE3's own test vectors: 0, 1, … 250, 0, 1, … */
function countedBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; at++) bytes[at] = at % 251
  return bytes
}

/** What is in codecs.json, written from what it says and from the master key. */
export async function rewriteCodecs(
  p: UnlockPrimitives,
  goldens: CodecGoldens,
  masterKey: Uint8Array,
): Promise<Omit<CodecGoldens, 'vault'>> {
  const vault = await VaultKeys.of(p, goldens.vault, masterKey)
  const keys = await vault.domainKeys(goldens.vault.domains[0]!.id)
  const hasher = createBlobHasher(keys.idKey)
  const hubOfPrivate = await deriveHubKeys(p, 'private', { hubKey: vault.hubKey }, vault.vaultId)

  const pages: string[] = []
  const entries = goldens.pages.flatMap((page) => {
    const decoded = decodeTreePage(fromHex(page))
    return 'entries' in decoded ? [...decoded.entries] : []
  })
  buildFolderPages(entries, pageSeedOf(keys.cdcKey), (page) => (pages.push(toHex(page)), hasher.idOf(blobTypes.treePage, page)))
  const lists: string[] = []
  const items = goldens.lists.flatMap((list) => {
    const decoded = decodeContentList(fromHex(list))
    return 'items' in decoded ? [...decoded.items] : []
  })
  buildContent(items, (list) => (lists.push(toHex(list)), hasher.idOf(blobTypes.contentList, list)))

  return {
    keys: {
      K_hub: toHex(vault.hubKey),
      K_rev: toHex(vault.hub.revocationKey),
      K_self: toHex(vault.hub.selfBackupKey),
      'K_rev, private': toHex(hubOfPrivate.revocationKey),
      'K_self, private': toHex(hubOfPrivate.selfBackupKey),
      K_id: toHex(keys.idKey),
      K_cdc: toHex(keys.cdcKey),
      K_enc: toHex(keys.dataKey),
      K_meta: toHex(keys.metadataKey),
      rewriting: toHex(vault.rewritingSeed),
    },
    pages,
    interior: toHex(rewriteBlob(blobTypes.treePage, fromHex(goldens.interior))),
    lists,
    attributes: goldens.attributes.map((set) => toHex(rewriteBlob(blobTypes.attributes, fromHex(set)))),
    refset: toHex(Refset.decode(fromHex(goldens.refset)).encode()),
    blobIds: goldens.blobIds.map(([length]) => {
      const bytes = countedBytes(length)
      return [length, ...Object.values(blobTypes).map((type) => toHex(hasher.idOf(type, bytes)))]
    }),
  }
}
