import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { AckEnvelope, AnyEnvelope } from './envelope.ts'
import { AgentHello, HelloAnswer, helloSigningBytes, HubChallenge, LinkEnded } from './hello.ts'
import { agentMessages, envelopeFor, type AgentMessageType } from './messages.ts'

/*
 * What one side has ever said, the other must understand for ever. A fixture is never changed and never removed; a message that
 * gets a new optional field gets another fixture. When one of these tests fails, the change is not compatible: mend the schema.
 */

declare global {
  interface ImportMeta {
    /** Vite reads the folder when the test is built: no file system here, as in everything of this workspace. */
    glob(pattern: string, options: { eager: true; import: 'default' }): Record<string, unknown>
  }
}

interface Fixture {
  readonly file: string
  readonly schema: string
  readonly value: unknown
}
const fixtures: readonly Fixture[] = Object.entries(
  import.meta.glob('../../fixtures/agent-protocol/v1/*.json', { eager: true, import: 'default' }),
).map(([path, content]) => ({ file: path.slice(path.lastIndexOf('/') + 1), ...(revived(content) as { schema: string; value: unknown }) }))

/** Bytes lie in the files as `{"$base64": …}`: Socket.IO carries them beside its JSON. */
function revived(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(revived)
  if (typeof value !== 'object' || value === null) return value
  if ('$base64' in value && typeof value.$base64 === 'string') return Uint8Array.from(atob(value.$base64), (letter) => letter.charCodeAt(0))
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, revived(part)]))
}

const named: Readonly<Record<string, z.ZodType>> = { HubChallenge, AgentHello, HelloAnswer, LinkEnded, AckEnvelope }
const isMessage = (type: string): type is AgentMessageType => Object.hasOwn(agentMessages, type)

function schemaOf(name: string): z.ZodType {
  if (named[name]) return named[name]
  const acknowledged = name.replace(/^ack of /, '')
  if (isMessage(name)) return envelopeFor(name)
  if (isMessage(acknowledged)) return z.object({ ok: z.literal(true), body: agentMessages[acknowledged].ack })
  throw new Error(`No schema is called ${name}`)
}

describe('fixtures of protocol 1', () => {
  test.each(fixtures.map((fixture) => [fixture.file, fixture] as const))('%s is understood', (_, { schema, value }) => {
    const parsed = schemaOf(schema).safeParse(value)
    expect(parsed.error?.issues ?? []).toEqual([])
    // What is understood is also kept: an older sender's word must not get lost on the way.
    if (!schema.startsWith('AgentHello')) expect(parsed.data).toEqual(value)
    if (isMessage(schema)) expect(AnyEnvelope.safeParse(value).success).toBe(true)
    if (schema.startsWith('ack of ')) expect(AckEnvelope.safeParse(value).success).toBe(true)
  })

  test('there are some for every message, its acknowledgement, and the greeting', () => {
    const covered = new Set(fixtures.map((fixture) => fixture.schema))
    const wanted = [...Object.keys(named), ...Object.keys(agentMessages), ...Object.keys(agentMessages).map((type) => `ack of ${type}`)]
    expect(wanted.filter((name) => !covered.has(name))).toEqual([])
  })

  test('the bytes that an agent signs stay what they are', () => {
    const challenge = HubChallenge.parse(fixtures.find((fixture) => fixture.file === 'challenge.json')?.value)
    const hello = AgentHello.parse(fixtures.find((fixture) => fixture.file === 'hello.json')?.value)
    expect(new TextDecoder().decode(helloSigningBytes(challenge, hello.agentId, hello.protocol))).toBe(
      'holdfast-hello-1\n8c7e6f0a-1d7b-4a53-9a40-3f1f6d1c2b10\n0b9f2a64-55c1-4b0e-8b7e-0d5f2f7a9c11\nqkL3l2bq0m4m9cY5m3vF4b7T1y8u6o2xZ0sP9dR7aEk\n1',
    )
  })
})
