import type { VaultId } from '@holdfast/shared-types'
import { afterEach, expect, test, vi } from 'vitest'
import { tellSignedOut } from '../../../platform/sign-out/sign-out.ts'
import { idleLockMs, keepOpen, lockAll, lockVault, roomOf, roomOfDraft } from './open-rooms.ts'
import type { ToRoom } from './room-calls.ts'
import { VaultRoom } from './vault-room.ts'

/** The far side of a room: keeps what it is asked, and answers when the test says so. */
class StubWorker extends EventTarget {
  readonly asked: ToRoom[] = []
  isEnded = false
  postMessage(message: ToRoom): void {
    this.asked.push(message)
  }
  terminate(): void {
    this.isEnded = true
  }
  tell(data: unknown): void {
    this.dispatchEvent(new MessageEvent('message', { data }))
  }
}

const vaultId = '00000000-0000-4000-8000-00000000000a' as VaultId
function aRoom(): { room: VaultRoom; worker: StubWorker } {
  const worker = new StubWorker()
  return {
    room: new VaultRoom(
      () => undefined,
      () => worker as unknown as Worker,
    ),
    worker,
  }
}

afterEach(() => {
  lockAll()
  vi.useRealTimers()
})

test('answers find who asked, in whatever order they come, and problems have their codes', async () => {
  const { room, worker } = aRoom()
  const first = room.call('draftWords', {})
  const second = room.call('draftWords', {})
  worker.tell({ kind: 'answer', id: 2, answer: { words: ['second'] } })
  worker.tell({ kind: 'problem', id: 1, problem: { code: 'vault.corrupt', message: 'Damaged.', cure: '', status: 0 } })
  expect(await second).toEqual({ words: ['second'] })
  await expect(first).rejects.toMatchObject({ code: 'vault.corrupt', message: 'Damaged.' })
})

test('to lock ends the worker, and whoever waits or asks afterwards is told so', async () => {
  const { room, worker } = aRoom()
  const waiting = room.call('draftWords', {})
  room.lock()
  expect(worker.isEnded).toBe(true)
  await expect(waiting).rejects.toMatchObject({ code: 'vault.private' })
  await expect(room.call('draftWords', {})).rejects.toMatchObject({ code: 'vault.private' })
})

test('what nobody wants any more is ended in the room too', async () => {
  const { room, worker } = aRoom()
  const leaving = new AbortController()
  const waiting = room.call('draftWords', {}, { signal: leaving.signal })
  leaving.abort(new DOMException('left', 'AbortError'))
  await expect(waiting).rejects.toThrow('left')
  expect(worker.asked.at(-1)).toEqual({ kind: 'abort', id: 1 })
})

test('a page that nobody touches locks after a while, but not one that is touched, or whose download gets on', async () => {
  vi.useFakeTimers()
  const { room, worker } = aRoom()
  keepOpen(vaultId, { room, fingerprint: '' })
  vi.advanceTimersByTime(idleLockMs - 20_000)
  document.dispatchEvent(new Event('keydown'))
  vi.advanceTimersByTime(idleLockMs - 20_000)
  expect(roomOf(vaultId)).toBe(room)
  const told: number[] = []
  const download = room.call('draftWords', {}, { onProgress: (bytes) => void told.push(bytes) })
  for (const bytes of [100, 200, 300]) {
    worker.tell({ kind: 'progress', id: 1, bytes })
    vi.advanceTimersByTime(idleLockMs - 20_000)
  }
  expect(worker.isEnded).toBe(false)
  // Paused: the same again keeps nothing open.
  worker.tell({ kind: 'progress', id: 1, bytes: 300 })
  vi.advanceTimersByTime(40_000)
  expect([worker.isEnded, told]).toEqual([true, [100, 200, 300, 300]])
  await expect(download).rejects.toMatchObject({ code: 'vault.private' })
  expect(() => roomOf(vaultId)).toThrow(expect.objectContaining({ code: 'vault.private' }))
})

test('a machine that slept locks as soon as it is asked for anything', () => {
  vi.useFakeTimers()
  const { room, worker } = aRoom()
  keepOpen(vaultId, { room, fingerprint: '' })
  vi.setSystemTime(Date.now() + 9 * 3_600_000)
  expect(() => roomOf(vaultId)).toThrow()
  expect(worker.isEnded).toBe(true)
})

test('nobody signed in: nothing open', () => {
  const { room, worker } = aRoom()
  keepOpen(vaultId, { room, fingerprint: '' })
  tellSignedOut()
  expect(worker.isEnded).toBe(true)
})

test('what was drafted in a room that was locked is not there in the next one', () => {
  const { room } = aRoom()
  keepOpen(vaultId, { room, fingerprint: '' })
  expect(roomOfDraft(vaultId, room)).toBe(room)
  lockVault(vaultId)
  expect(() => roomOfDraft(vaultId, room)).toThrow(expect.objectContaining({ code: 'vault.draft-lost' }))
  keepOpen(vaultId, { room: aRoom().room, fingerprint: '' })
  expect(() => roomOfDraft(vaultId, room)).toThrow(expect.objectContaining({ code: 'vault.draft-lost' }))
})
