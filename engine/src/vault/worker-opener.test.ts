import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { blobTypes } from '../format/index.ts'
import { RemoteSource } from './remote-source.ts'
import { InlineSealer } from './sealing/inline-sealer.ts'
import { SessionSink } from './session/session-sink.ts'
import { LoopbackHub } from './testing/loopback-hub.ts'
import { aDomain } from './testing/test-keys.ts'
import { WorkerOpener } from './worker-opener.ts'

/** Bundles of small blobs, and large ones of their own, compressible or not. */
const someBlobs = (): Uint8Array[] => [
  ...Array.from({ length: 400 }, (_, index) => Buffer.from(`small blob number ${index} `.repeat(index + 1))),
  randomBytes(700_000),
  Buffer.alloc(3_000_000, 'a'),
  Buffer.alloc(1),
  randomBytes(4_000_000),
]

async function aFilledVault() {
  const keys = aDomain()
  const hub = new LoopbackHub()
  const sink = new SessionSink(keys, hub.sessionPorts, (onPack) => new InlineSealer(keys, onPack))
  const blobs = someBlobs()
  const tickets = blobs.map((blob) => sink.add(blobTypes.data, blob))
  await sink.finish()
  const wanted = tickets.map((ticket, index) => ({ id: sink.idOf(ticket), place: sink.locationOf(ticket), bytes: blobs[index]! }))
  return {
    keys,
    hub,
    wanted,
    places: [...new Map(wanted.map(({ place }) => [`${Buffer.from(place.packId).toString('hex')}${place.ordinal}`, place])).values()],
  }
}

test('segments opened on threads are those opened here, in their order, with the right ids', async () => {
  const { keys, hub, wanted, places } = await aFilledVault()
  // As a network gives them: views into a buffer that others use as well.
  const readSegments = async (records: Uint8Array): Promise<Uint8Array> => {
    const bytes = await hub.readSegments(records)
    const shared = Buffer.concat([Buffer.alloc(100), bytes, Buffer.alloc(100)])
    return shared.subarray(100, 100 + bytes.length)
  }
  const source = new RemoteSource(keys, { ...hub.sourcePorts, readSegments }, new WorkerOpener(keys, 2))
  let next = 0
  for await (const segment of source.segments(places)) {
    const place = places[next++]!
    expect(segment).toMatchObject({ ordinal: place.ordinal })
    if ('error' in segment) throw segment.error
    for (const { id, place: at, bytes } of wanted) {
      if (at.ordinal !== segment.ordinal || Buffer.compare(at.packId, segment.packId) !== 0) continue
      expect(Buffer.compare(segment.blobs[at.position]!, bytes)).toBe(0)
      if (segment.dataIds !== null) expect(Buffer.compare(segment.dataIds.subarray(at.position * 32, at.position * 32 + 32), id)).toBe(0)
    }
  }
  expect(next).toBe(places.length)
  await source.close()
  await expect(source.read(blobTypes.data, wanted.at(-1)!.id)).rejects.toMatchObject({ code: 'cancelled' })
})

test('a damaged segment is told as what it is, and costs only itself', async () => {
  const { keys, hub, wanted, places } = await aFilledVault()
  const bad = wanted.at(-1)!.place
  const readSegments = async (records: Uint8Array): Promise<Uint8Array> => {
    const bytes = await hub.readSegments(records)
    const at = bytes.length - 5000
    // The segment in question is the last of its read, or alone in it.
    if (
      Buffer.from(records).includes(Buffer.from(bad.packId)) &&
      new DataView(records.buffer, records.byteOffset).getUint32(records.length - 8, true) === bad.ordinal
    )
      bytes[at]! ^= 1
    return bytes
  }
  const source = new RemoteSource(keys, { ...hub.sourcePorts, readSegments }, new WorkerOpener(keys, 2))
  const told: unknown[] = []
  for await (const segment of source.segments(places)) if ('error' in segment) told.push(segment.error)
  expect(told).toEqual([expect.objectContaining({ code: 'segment.authentication-failed' })])
  await source.close()
})

test('threads that have nothing to do do not keep the process alive', async () => {
  expect(await exitStatusOf('read-and-leave')).toBe(0)
})

test('a source that is closed while its threads work is closed before the process ends', async () => {
  // Node ends with 13 where it waits for something that nothing is under way for.
  expect(await exitStatusOf('close-while-reading')).toBe(7)
})

function exitStatusOf(program: string): Promise<unknown> {
  const child = fork(new URL(`testing/${program}.ts`, import.meta.url), { execArgv: ['-C', '@holdfast/source'] })
  child.disconnect()
  return new Promise((resolve) => child.once('exit', (code) => resolve(code)))
}
