/*
 * Writes managed-vault.json: see make-goldens.ts for when that may be done.
 *   node -C @holdfast/source engine/goldens/format-1/make-managed-golden.ts
 */
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, ftruncateSync, linkSync, mkdirSync, openSync, rmSync, symlinkSync, writeFileSync, writeSync } from 'node:fs'
import { createBlobHasher } from '../../src/blob-id/index.ts'
import { toBase64Url, toHex } from '../../src/bytes/index.ts'
import { blobTypes, buildFolderPages, packPrefix, pageSeedOf, type TreeEntry } from '../../src/format/index.ts'
import { setAttribute } from '../../src/source/index.ts'
import { MemoryStore } from '../../src/store/index.ts'
import type { KeySecret } from '../../src/unlock/index.ts'
import { checkPack, MovedPack, nodePrimitives, writeJournal, writeSelfBackup } from '../../src/vault/index.ts'
import { doings } from '../../test/browser/testing/in-both.ts'
import { makeStoredVault, VaultLife } from '../../test/testing/stored-vault.ts'
import { requireNotFrozen } from './freeze.ts'
import { managedGoldenFile, selfBackupPieces, type ManagedGolden } from './managed-golden.ts'
import { purge } from './purge.ts'

requireNotFrozen()

const passphrase: KeySecret = { kind: 'passphrase', passphrase: 'correct horse battery staple' }
const words: KeySecret = { kind: 'recovery-words', words: `${'zoo '.repeat(23)}vote` }
const revokedAgentId = '8c1b2a3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d'
// Paths are in the snapshots: not those of a machine.
const folder = '/tmp/holdfast-golden'
const source = `${folder}/source`

const store = new MemoryStore()
const secrets = await makeStoredVault(store, words)
const life = await VaultLife.open(store, secrets)
const { vault } = life
const keys = vault.domainKeys(secrets.domainId)
await vault.addKeySlot(passphrase)

rmSync(folder, { recursive: true, force: true })
makeSource()
const first = await life.backUp(source, `${folder}/catalogue`)
execFileSync('sh', ['-ec', 'rm -r gone linked-b linked-c'], { cwd: source })
writeFileSync(`${source}/noise`, randomBytes(3000))
const second = await life.backUp(source, `${folder}/catalogue`, { keep: { base: life.keepBase(first.key), onReplaced: () => undefined } })
const rewritten = await purge(store, { life, keys, snapshotKey: first.key, path: `${source}/secret` })
const movedPacks = await moveDataPacks()
await writeJournal(vault, { vaultId: vault.vaultId, epoch: 2, decidedAtMs: 6, snapshotKeys: [first.key], packIds: movedPacks })
await store.delete(first.key)
await vault.addRevocation({ agentId: revokedAgentId, revokedAtMs: 7 })
await writeSelfBackup(vault, { createdAtMs: 8, pieces: selfBackupPieces() })
const report = await (await VaultLife.open(store, secrets)).fsck()
if (!report.ok) throw new Error(`The vault is not whole: ${JSON.stringify(report.problems)}`)
rmSync(folder, { recursive: true })

const objects: Record<string, Uint8Array> = {}
for await (const { key } of store.list('')) objects[key] = await store.get(key)
const node = doings(nodePrimitives)
const reopened = await node.reopenObjects(objects, words)
const golden: ManagedGolden = {
  hubSecret: toHex((secrets.hubSecret as Extract<KeySecret, { kind: 'hub-secret' }>).secret),
  passphrase: passphrase.passphrase,
  words: words.words,
  hubKey: toHex(vault.hubKey),
  source,
  snapshots: { first: first.key, second: second.key, rewritten },
  says: Object.fromEntries(Object.entries(reopened).map(([key, { value }]) => [key, value])),
  trees: await node.readVault(objects, words),
  objects: Object.fromEntries(Object.entries(objects).map(([key, bytes]) => [key, toBase64Url(bytes)])),
}
writeFileSync(managedGoldenFile, `${JSON.stringify(golden, null, 1)}\n`)

function makeSource(): void {
  for (const path of ['gone/below', 'many', 'open to others']) mkdirSync(`${source}/${path}`, { recursive: true })
  writeFileSync(`${source}/empty`, '')
  writeFileSync(`${source}/small`, 'in the page itself')
  writeFileSync(`${source}/log`, '2026-11-23 03:21 INFO everything is as it was\n'.repeat(8000))
  writeFileSync(`${source}/secret`, 'what nobody was to keep, '.repeat(20))
  writeFileSync(`${source}/gone/below/file`, 'kept although it is gone, '.repeat(20))
  writeFileSync(Buffer.from(`${source}/odd \xff`, 'latin1'), 'its name is no text')
  writeFileSync(`${source}/linked-a`, 'one file with three names, '.repeat(20))
  for (const name of ['linked-b', 'linked-c']) linkSync(`${source}/linked-a`, `${source}/${name}`)
  symlinkSync('small', `${source}/link`)
  execFileSync('mkfifo', [`${source}/fifo`])
  // 40 stretches between holes, each cut on its own: more than an entry holds.
  const fd = openSync(`${source}/listed`, 'w')
  for (let index = 0; index < 40; index++) writeSync(fd, Buffer.alloc(4096, index + 1), 0, 4096, index * 1_000_000)
  ftruncateSync(fd, 40_000_000)
  closeSync(fd)
  for (const name of namesOfTwoPages()) writeFileSync(`${source}/many/${name}`, name)
  const acl = Buffer.from(
    '02000000 01000600ffffffff 02000400e8030000 04000400ffffffff 10000400ffffffff 20000400ffffffff'.replaceAll(' ', ''),
    'hex',
  )
  setAttribute(Buffer.from(`${source}/small`), { name: Buffer.from('user.comment'), value: Buffer.from('gr\u00fcn') })
  setAttribute(Buffer.from(`${source}/small`), { name: Buffer.from('user.empty'), value: new Uint8Array(0) })
  setAttribute(Buffer.from(`${source}/gone/below/file`), { name: Buffer.from('user.comment'), value: Buffer.from('gone') })
  setAttribute(Buffer.from(`${source}/open to others`), { name: Buffer.from('system.posix_acl_access'), value: acl })
}

/** Names of which the domain's key says that a page ends within them. */
function namesOfTwoPages(): string[] {
  const hasher = createBlobHasher(keys.idKey)
  const entry = (name: string): TreeEntry => ({
    name: Buffer.from(name),
    type: 'fifo',
    mode: 0,
    owner: { uid: 0, gid: 0, user: '', group: '' },
    mtimeNs: 0n,
    hardLinkGroup: null,
    attributes: null,
    deletedAtMs: null,
    isAncestor: false,
  })
  const start = Array.from({ length: 63 }, (_, index) => `a${String(index).padStart(2, '0')}`)
  for (let tried = 1; ; tried++) {
    const names = [...start, `b${tried}`, 'c']
    let pages = 0
    buildFolderPages(names.map(entry), pageSeedOf(keys.cdcKey), (page) => (pages++, hasher.idOf(blobTypes.treePage, page)))
    if (pages === 3) return names
  }
}

/** Puts the segments of all data packs into one, as a collection does that tidies up. @returns ids of the packs that are no more */
async function moveDataPacks(): Promise<Uint8Array[]> {
  const packs: { readonly key: string; readonly bytes: Uint8Array }[] = []
  for await (const { key } of store.list(packPrefix)) packs.push({ key, bytes: await store.get(key) })
  const moved: Uint8Array[] = []
  let target: MovedPack | null = null
  for (const { key, bytes } of packs) {
    const { header, segments } = checkPack(bytes)
    if (header.kind !== 1) continue
    target ??= await MovedPack.begin(await store.stage(), header)
    for (const segment of segments)
      await target.append({ ...segment, bytes: bytes.subarray(segment.offset, segment.offset + segment.length) })
    moved.push(header.packId)
    await store.delete(key)
  }
  await target?.finish()
  return moved
}
