import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { AckEnvelope, AnyEnvelope, hubCommands, RunId } from '@holdfast/shared-types'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { arbitraryOf, mutantsOf, strangers } from '../../scripts/testing/schema-arbitraries.ts'
import { agentCommands } from '../src/commands/agent-commands.ts'
import { openHostDoor, type HostDoor } from '../src/host/host-commands.ts'
import { CommandGate } from '../src/hub-connection/command-gate.ts'
import { Outbox } from '../src/hub-connection/outbox.ts'
import { RunDesk } from '../src/runs/run-desk.ts'
import { aFolder, openToAll, silentLog, type TestFolder } from './an-agent.ts'

const seed = 4_711

let folder: TestFolder
let outbox: Outbox
let gate: CommandGate
let host: HostDoor
/** A desk that waits for one certain run: it looks at every offer and takes none of these. */
beforeAll(async () => {
  folder = aFolder()
  outbox = await Outbox.open(join(folder.path, 'reports.jsonl'), silentLog)
  const begin = (): never => {
    throw new Error('No offer of this test may begin a run.')
  }
  host = openHostDoor({ discretion: openToAll, ownPlaces: [], tell: () => Promise.resolve({ goOn: false }) })
  gate = new CommandGate(
    agentCommands(new RunDesk({ outbox, begin, onlyRun: Promise.resolve(RunId.parse(randomUUID())) }), host, () => undefined),
    openToAll,
  )
})
afterAll(async () => {
  host.close()
  await outbox.close()
  folder.remove()
})

async function expectAnswer(raw: unknown): Promise<AckEnvelope> {
  const ack = AckEnvelope.parse(await gate.handle(raw))
  if (!ack.ok) expect(ack.error.code, inspect(raw).slice(0, 500)).not.toBe('internal')
  return ack
}

describe('whatever a hub says', () => {
  const taken = new Map<string, number>()

  test.each(Object.entries(hubCommands))(
    '%s is acknowledged by its contract, or refused with a code of the registry',
    async (type, { body, ack }) => {
      const fitting = arbitraryOf(body)
      for (const value of fc.sample(fc.oneof(fitting, mutantsOf(fitting)), { seed, numRuns: 400 })) {
        const answer = await expectAnswer({ v: 1, id: randomUUID(), type, sentAtMs: 1, body: value })
        if (!answer.ok) continue
        taken.set(type, (taken.get(type) ?? 0) + 1)
        ack.parse(answer.body)
      }
    },
  )

  test('what is good is taken among it', () => {
    expect(taken.get('run.offer')).toBeGreaterThan(50)
    expect(taken.get('run.cancel')).toBeGreaterThan(50)
  })

  test('what is no command is refused', async () => {
    const envelopes = arbitraryOf(AnyEnvelope)
    const guests = fc.oneof(envelopes, mutantsOf(envelopes), fc.constantFrom(...strangers, undefined, new Uint8Array(9)))
    for (const raw of fc.sample(guests, { seed, numRuns: 600 })) expect((await expectAnswer(raw)).ok).toBe(false)
  })
})
