import { randomBytes, randomUUID } from 'node:crypto'
import { inspect } from 'node:util'
import {
  AckEnvelope,
  agentReports,
  agentRequests,
  AppError,
  envelopeFor,
  errorRegistry,
  hubCommands,
  toWireError,
  type AgentMessageType,
  type AnyEnvelope,
  type OperationId,
} from '@holdfast/shared-types'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { arbitraryOf } from '../../../scripts/testing/schema-arbitraries.ts'
import { discretionOf } from './discretion.ts'
import { runEvents } from './run-events.ts'

const seed = 4_711
const name = `z${randomBytes(12).toString('hex')}`
/** What a system says of a file, and paths of all kinds. */
const poisons = [name, `/home/${name}`, `ENOENT: no such file or directory, open '/home/${name}/x'`, `"${name}"\n\u0000`]

const open = discretionOf({ isPrivate: false })
const closed = discretionOf({ isPrivate: true })
const isIn = (value: unknown): boolean => inspect(value, { depth: null, maxStringLength: null, maxArrayLength: null }).includes(name)

/** The value with one of its texts replaced, for every text in it: by whatever the schema still takes there. */
function* poisoned(value: unknown, takes: (changed: unknown) => boolean): Generator {
  for (const path of textsIn(value)) {
    for (const poison of poisons) {
      const changed = replaceAt(structuredClone(value), path, poison)
      if (!takes(changed)) continue
      yield changed
      break
    }
  }
}

function* textsIn(value: unknown, path: readonly string[] = []): Generator<readonly string[]> {
  if (typeof value === 'string' || value === null) yield path
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return
  for (const [key, part] of Object.entries(value)) yield* textsIn(part, [...path, key])
}

function replaceAt(value: unknown, [key, ...rest]: readonly string[], text: string): unknown {
  if (key === undefined) return text
  const holder = value as Record<string, unknown>
  holder[key] = replaceAt(holder[key], rest, text)
  return holder
}

describe('messages to the hub of a private vault', () => {
  const toHub = { ...agentReports, ...agentRequests }
  /** Kinds in which a name can stand at all: in the others every text is an id. */
  const canHold = ['run.progress', 'run.log', 'run.finished', 'host.measured']

  test.each(Object.entries(toHub))('%s keep no text that the schema lets in, and stay messages', (type, { body }) => {
    let names = 0
    for (const value of fc.sample(arbitraryOf(body), { seed, numRuns: 150 }))
      for (const changed of poisoned(value, (one) => body.safeParse(one).success)) {
        const envelope: AnyEnvelope = { v: 1, id: randomUUID(), type, sentAtMs: 1, body: changed }
        names += isIn(open.message(envelope)) ? 1 : 0
        const left = closed.message(envelope)
        expect(isIn(left), inspect(left, { depth: 6 })).toBe(false)
        expect(envelopeFor(type as AgentMessageType).safeParse(left).success).toBe(true)
      }
    expect(names > 0).toBe(canHold.includes(type))
  })

  test('keep their figures, ids and codes', () => {
    const sample = {
      phase: 'transferring',
      filesDone: 1,
      bytesDone: 2,
      filesTotal: 3,
      bytesTotal: null,
      filesRead: 4,
      bytesRead: 5,
      bytesStored: 6,
      warnings: 7,
      currentPath: name,
      elapsedMs: 8,
    }
    const ofRun = { runId: randomUUID(), fence: 2 }
    expect(closed.message(message('run.progress', { ...ofRun, sample, isPaused: true, waitsFor: 'store.full' })).body).toEqual({
      ...ofRun,
      sample: { ...sample, currentPath: null },
      isPaused: true,
      waitsFor: 'store.full',
    })
    const warnings = [
      { path: `/${name}`, code: 'source.unreadable', message: name },
      { path: `/${name}/2`, code: 'source.unreadable', message: name },
      { path: '', code: 'a.code.of.tomorrow', message: name },
    ]
    const error = { code: 'source.not-found', message: name, cure: name }
    expect(
      closed.message(message('run.finished', { ...ofRun, outcome: 'warning', result: null, error, warnings, warningCount: 1200 })).body,
    ).toEqual({
      ...ofRun,
      outcome: 'warning',
      result: null,
      error: { code: 'source.not-found', message: errorRegistry['source.not-found'].title, cure: errorRegistry['source.not-found'].cure },
      warnings: [
        { path: '', code: 'source.unreadable', message: expect.stringContaining(' 2 times in this run') as string },
        { path: '', code: 'internal', message: expect.stringContaining(' Once in this run') as string },
      ],
      warningCount: 1200,
    })
  })

  test('a note keeps its kind and gets the words of the table; an unknown one neither', () => {
    const line = (event: string) => ({ n: 1, atMs: 5, level: 'info', event, message: name, path: name })
    const { body } = closed.message(
      message('run.log', { runId: randomUUID(), fence: 1, lines: [line('backup.left-out'), line('toString'), line(name)] }),
    )
    const told = { n: 1, atMs: 5, level: 'info', path: null }
    const unknown = { ...told, event: 'run.note', message: 'The run noted something. The log on the device has it.' }
    expect((body as { lines: unknown }).lines).toEqual([
      { ...told, event: 'backup.left-out', message: runEvents['backup.left-out'] },
      unknown,
      unknown,
    ])
  })

  test('what is no message of the protocol does not leave at all', () => {
    for (const type of ['run.offer', 'hello', 'toString', name]) expect(() => closed.message(message(type, {}))).toThrow()
    expect(() => closed.message(message('vault.unseal', { runId: name, fence: 1 }))).toThrow()
  })
})

const message = (type: string, body: unknown): AnyEnvelope => ({ v: 1, id: randomUUID(), type, sentAtMs: 1, body })

describe('answers to the hub of a private vault', () => {
  test.each(Object.entries(hubCommands))('of %s keep no text that the schema lets in', (type, { ack }) => {
    for (const value of fc.sample(arbitraryOf(ack), { seed, numRuns: 150 }))
      for (const body of [value, ...poisoned(value, (one) => ack.safeParse(one).success)]) {
        const left = closed.answer(type, { ok: true, body })
        expect(isIn(left)).toBe(false)
        expect(AckEnvelope.safeParse(left).success).toBe(true)
        expect(open.answer(type, { ok: true, body })).toEqual({ ok: true, body })
      }
  })

  test('a refusal is told in the words of the registry', () => {
    const error = toWireError(new AppError('host.not-a-folder', { message: name, cure: name }))
    expect(closed.answer('host.list', { ok: false, error })).toEqual({ ok: false, error: toWireError(new AppError('host.not-a-folder')) })
    expect(open.answer('host.list', { ok: false, error })).toEqual({ ok: false, error })
  })

  test('a folder is not shown, whatever looked it up', () => {
    const page = { folder: null, separator: '/', items: [], total: 0, next: null }
    expect(closed.answer('host.list', { ok: true, body: page })).toMatchObject({ ok: false, error: { code: 'vault.private' } })
    expect(() => closed.requireManaged()).toThrow(expect.objectContaining({ code: 'vault.private' }) as Error)
    expect(() => open.requireManaged()).not.toThrow()
  })
})

describe('calls over HTTP', () => {
  test.each<[OperationId, unknown]>([
    ['listEntries', { params: { snapshotId: 'a' }, query: { path: name } }],
    ['startRun', { body: { kind: 'restore', paths: [{ path: name }] } }],
    ['startRun', { body: { kind: 'restore', paths: [], include: [name] } }],
    ['createPlan', { body: {} }],
  ])('%s does not leave where it could hold a name from the vault', (operation, input) => {
    expect(() => closed.requireHarmless(operation, input)).toThrow(expect.objectContaining({ code: 'vault.private' }) as Error)
    expect(() => open.requireHarmless(operation, input)).not.toThrow()
  })

  test.each<[OperationId, unknown]>([
    ['startRun', { body: { kind: 'backup', sources: [{ path: '/etc' }], full: false } }],
    ['startRun', { body: { kind: 'restore', paths: [], sealedSelection: 'x' } }],
    ['putPack', {}],
    ['getStoredSnapshot', {}],
  ])('%s leaves', (operation, input) => {
    expect(() => closed.requireHarmless(operation, input)).not.toThrow()
  })
})
