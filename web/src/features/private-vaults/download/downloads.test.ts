import type { AgentId, SnapshotId, VaultId } from '@holdfast/shared-types'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { tellSignedOut } from '../../../platform/sign-out/sign-out.ts'
import { keepOpen, lockAll, lockVault } from '../room/open-rooms.ts'
import type { RoomProblem, ToRoom } from '../room/room-calls.ts'
import { VaultRoom } from '../room/vault-room.ts'
import { downloads, startDownload } from './downloads.ts'
import type { FromProducer } from './port-messages.ts'

const [vaultId, otherId] = ['a', 'b'].map((digit) => `00000000-0000-4000-8000-00000000000${digit}` as VaultId) as [VaultId, VaultId]
const of = { snapshotId: 'ab'.repeat(16) as SnapshotId, agentId: '00000000-0000-4000-8000-00000000000c' as AgentId }
const choice = { kind: 'file', path: { text: '/home/quinces', raw: null } } as const

/** The far side of a room: tells sizes, and sends of a download what the test says. */
class StubWorker extends EventTarget {
  #downloadId = 0
  #port: MessagePort | null = null
  postMessage(message: ToRoom): void {
    if (message.kind !== 'call') return
    if (message.call === 'downloadSize') queueMicrotask(() => this.#tell({ kind: 'answer', id: message.id, answer: { sizeBytes: 3 } }))
    if (message.call !== 'download') return
    this.#downloadId = message.id
    this.#port = message.ask.port
    this.#port.start()
  }
  /** To who saves it. */
  send(message: FromProducer): void {
    this.#port?.postMessage(message)
  }
  answer(): void {
    this.#tell({ kind: 'answer', id: this.#downloadId, answer: { bytes: 3 } })
  }
  fail(code: string): void {
    const problem: RoomProblem = { code, message: '', cure: '', status: 0 }
    this.#tell({ kind: 'problem', id: this.#downloadId, problem })
  }
  terminate(): void {
    this.#port?.close()
  }
  #tell(data: unknown): void {
    this.dispatchEvent(new MessageEvent('message', { data }))
  }
}

function open(id: VaultId): StubWorker {
  const worker = new StubWorker()
  const room = new VaultRoom(
    () => undefined,
    () => worker as unknown as Worker,
  )
  keepOpen(id, { room, fingerprint: '' })
  return worker
}

beforeEach(() => {
  vi.spyOn(URL, 'createObjectURL').mockReturnValue('blob:x')
})
afterEach(() => {
  lockAll()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

const over = () => expect.poll(() => downloads.every(({ isOver }) => isOver.value)).toBe(true)
const names = () => downloads.map(({ name }) => name)

test('names go when their vault is locked, and all when nobody is signed in any more', async () => {
  const [ours, theirs] = [open(vaultId), open(otherId)]
  await startDownload(vaultId, of, choice, 'quinces.txt')
  await startDownload(otherId, of, choice, 'ledger.txt')
  for (const worker of [ours, theirs]) {
    worker.send({ kind: 'part', bytes: new Uint8Array(3) })
    worker.send({ kind: 'end' })
    worker.answer()
  }
  await over()
  expect(names()).toEqual(['quinces.txt', 'ledger.txt'])
  lockVault(vaultId)
  expect(names()).toEqual(['ledger.txt'])
  await startDownload(otherId, of, choice, 'more.txt')
  tellSignedOut()
  expect(names()).toEqual([])
})

test('a vault that is locked while somebody chooses where to save leaves no name', async () => {
  open(vaultId)
  vi.stubGlobal('showSaveFilePicker', () => {
    lockVault(vaultId)
    return { createWritable: () => new WritableStream() }
  })
  await startDownload(vaultId, of, choice, 'quinces.txt')
  await expect.poll(names).toEqual([])
})

test('why a download broke off is for the room to say, also where who saves it heard of it first', async () => {
  const worker = open(vaultId)
  await startDownload(vaultId, of, choice, 'quinces.txt')
  worker.send({ kind: 'failed' })
  // Long enough for the word to come through.
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve))
  worker.fail('vault.corrupt')
  await over()
  expect(downloads.map(({ error }) => error.value)).toEqual([expect.objectContaining({ code: 'vault.corrupt' })])
})

test('what saving fails of is told as it is, and not as the end that the room is told of', async () => {
  vi.spyOn(URL, 'createObjectURL').mockImplementation(() => {
    throw new RangeError('no room')
  })
  const worker = open(vaultId)
  await startDownload(vaultId, of, choice, 'quinces.txt')
  worker.send({ kind: 'end' })
  await over()
  worker.fail('run.cancelled')
  expect(downloads.map(({ error }) => error.value)).toEqual([expect.objectContaining({ message: 'no room' })])
})
