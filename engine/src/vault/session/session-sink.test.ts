import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { blobTypes, Refset } from '../../format/index.ts'
import type { DomainKeys } from '../../reader/index.ts'
import type { Pack } from '../pack/pack-builder.ts'
import { RemoteSource } from '../remote-source.ts'
import { InlineSealer } from '../sealing/inline-sealer.ts'
import type { Sealer } from '../sealing/sealer.ts'
import { WorkerSealer } from '../sealing/worker-sealer.ts'
import { SessionSink } from './session-sink.ts'
import { LoopbackHub } from '../testing/loopback-hub.ts'
import { aDomain } from '../testing/test-keys.ts'

/** Sizes around every rule: bundles, segments of their own, several batches. */
const someBlobs = (): Uint8Array[] => [
  ...Array.from({ length: 3000 }, (_, index) => Buffer.from(`small blob number ${index} `.repeat((index % 40) + 1))),
  randomBytes(128 * 1024 - 1),
  randomBytes(128 * 1024),
  randomBytes(4 * 1024 * 1024),
  Buffer.alloc(4 * 1024 * 1024, 'a'),
  Buffer.alloc(1),
  ...Array.from({ length: 12 }, () => randomBytes(2 * 1024 * 1024)),
]

type MakeSealer = (keys: DomainKeys) => (onPack: (pack: Pack) => void) => Sealer
const sealers: Record<string, MakeSealer> = {
  'on the calling thread': (keys) => (onPack) => new InlineSealer(keys, onPack),
  'in small packs': (keys) => (onPack) => new InlineSealer(keys, onPack, { targetBytes: 256 * 1024 }),
  'on two threads': (keys) => (onPack) => new WorkerSealer(keys, onPack, 2),
}

describe.each(Object.entries(sealers))('a session sealed %s', (_, makeSealer) => {
  test('gives back every blob, asks once for each and sends equal blobs once', async () => {
    const keys = aDomain()
    const hub = new LoopbackHub()
    const blobs = someBlobs()
    const sink = new SessionSink(keys, hub.sessionPorts, makeSealer(keys))
    const tickets = []
    for (const blob of [...blobs, ...blobs.slice(0, 100)]) {
      tickets.push(sink.add(blobTypes.data, blob))
      await sink.whenReady()
    }
    await sink.finish()
    expect(sink.ticketCount).toBe(blobs.length)
    expect(sink.statistics).toMatchObject({ blobsNew: blobs.length, blobsKnown: 0 })
    expect(hub.idsAsked).toBe(blobs.length)

    const source = new RemoteSource(keys, hub.sourcePorts)
    for (const index of [0, 1, 2999, ...Array.from(blobs.keys()).slice(3000)])
      expect(Buffer.compare(await source.read(blobTypes.data, sink.idOf(tickets[index]!)), blobs[index]!)).toBe(0)
    const refset = Refset.decode(sink.refset())
    for (const ticket of tickets) {
      const { packId, ordinal } = sink.locationOf(ticket)
      expect(refset.has(Buffer.from(packId).toString('hex'), ordinal)).toBe(true)
    }
  })

  test('sends nothing that the hub holds already', async () => {
    const keys = aDomain()
    const hub = new LoopbackHub()
    const blobs = someBlobs().slice(0, 500)
    const fill = async (): Promise<SessionSink> => {
      const sink = new SessionSink(keys, hub.sessionPorts, makeSealer(keys))
      for (const blob of blobs) sink.add(blobTypes.data, blob)
      await sink.finish()
      return sink
    }
    const first = await fill()
    const second = await fill()
    expect(second.statistics).toEqual({ blobsNew: 0, blobsKnown: blobs.length, packBytes: 0, dataPackBytes: 0 })
    expect(Buffer.compare(second.refset(), first.refset())).toBe(0)
  })

  test('fails as a whole when the transport fails, and says why', async () => {
    const keys = aDomain()
    const sink = new SessionSink(keys, { have: null, putPack: () => Promise.reject(new Error('the disk is full')) }, makeSealer(keys))
    sink.add(blobTypes.data, randomBytes(1000))
    await expect(sink.finish()).rejects.toThrow('the disk is full')
    await sink.abandon()
  })
})

test('with little room, what waits for more of its kind is sent on rather than waited for', async () => {
  const keys = aDomain()
  const hub = new LoopbackHub()
  const makeSealer = (onPack: (pack: Pack) => void): Sealer => new InlineSealer(keys, onPack, { targetBytes: 2 * 1024 * 1024 })
  const sink = new SessionSink(keys, hub.sessionPorts, makeSealer, { heldBytes: 4 * 1024 * 1024, slabs: 2, ticketPages: 1 })
  for (const pageBytes of [4_000, 16_000, 40_000]) {
    for (let page = 0; page < 4 * 1024 * 1024; page += pageBytes) {
      sink.add(blobTypes.treePage, randomBytes(pageBytes))
      await sink.whenReady()
    }
  }
  await sink.finish()
  expect(sink.statistics.packBytes).toBeGreaterThan(12 * 1024 * 1024)
})

test('a segment of another vault, another place or with one bit flipped does not open', async () => {
  const keys = aDomain()
  const hub = new LoopbackHub()
  const sink = new SessionSink(keys, hub.sessionPorts, (onPack) => new InlineSealer(keys, onPack))
  const ticket = sink.add(blobTypes.data, randomBytes(5000))
  await sink.finish()
  const place = sink.locationOf(ticket)
  const id = sink.idOf(ticket)

  await expect(new RemoteSource({ ...keys, vaultId: randomBytes(16) }, hub.sourcePorts).read(blobTypes.data, id)).rejects.toMatchObject({
    code: 'segment.authentication-failed',
  })
  await expect(new RemoteSource(keys, hub.sourcePorts).read(blobTypes.treePage, id)).rejects.toMatchObject({ code: 'blob.id-mismatch' })
  const whole = await hub.sourcePorts.readSegments(recordOf(place.packId, place.ordinal))
  for (let bit = 0; bit < whole.length * 8; bit += 997) {
    const flipped = whole.slice()
    flipped[bit >>> 3]! ^= 1 << (bit & 7)
    const source = new RemoteSource(keys, { ...hub.sourcePorts, readSegments: () => Promise.resolve(flipped) })
    await expect(source.read(blobTypes.data, id)).rejects.toThrow()
  }
})

function recordOf(packId: Uint8Array, ordinal: number): Uint8Array {
  const record = Buffer.alloc(24)
  record.set(packId)
  record.writeUInt32LE(ordinal, 16)
  record.writeUInt16LE(1, 22)
  return record
}
