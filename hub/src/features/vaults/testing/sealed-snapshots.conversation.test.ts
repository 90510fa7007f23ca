import { createHash } from 'node:crypto'
import type { Problem, SnapshotId } from '@holdfast/shared-types'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { folder } from './build-tree.ts'
import { serveVaults, type ServedVaults } from './serve-vaults.ts'
import type { TestAgent } from './test-agent.ts'
import { VaultsUnderTest } from './vaults-under-test.ts'

let world: VaultsUnderTest
let served: ServedVaults
let laptop: TestAgent
let ofLaptop: SnapshotId
let ofServer: SnapshotId

beforeAll(async () => {
  world = await VaultsUnderTest.open()
  served = await serveVaults(world)
  laptop = await world.enrol('Laptop')
  const server = await world.enrol('server')
  ofLaptop = await laptop.backUp(folder({ home: folder({ ada: Buffer.from('letter') }) }))
  ofServer = await server.backUp(folder({ srv: folder({}) }))
}, 120_000)
afterAll(async () => {
  await served.close()
  await world.close()
})

const sealed = (snapshotId: SnapshotId, part: string, as?: TestAgent): Promise<Response> =>
  served.call(`/snapshots/${snapshotId}/${part}`, {
    ...(as === undefined ? {} : { as: as.agentId }),
    ...(part === 'object' ? {} : { method: 'POST', body: new Uint8Array(part === 'locate' ? 32 : 0) }),
  })
const digestOf = async (answer: Response): Promise<string> => {
  expect(answer.status).toBe(200)
  return createHash('sha256')
    .update(Buffer.from(await answer.arrayBuffer()))
    .digest('hex')
}

test('a device gets its own snapshots as they are stored, byte for byte what a person gets', async () => {
  expect(await digestOf(await sealed(ofLaptop, 'object', laptop))).toBe(await digestOf(await sealed(ofLaptop, 'object')))
  expect((await sealed(ofLaptop, 'locate', laptop)).status).toBe(200)
})

test.each(['object', 'locate', 'segments'])('to a device the %s of another one’s snapshot is not there', async (part) => {
  const refused = await sealed(ofServer, part, laptop)
  expect([refused.status, ((await refused.json()) as Problem).code]).toEqual([404, 'snapshot.not-found'])
  // It is there for people.
  expect((await sealed(ofServer, part)).status).not.toBe(404)
})
