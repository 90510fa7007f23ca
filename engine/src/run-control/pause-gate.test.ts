import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Pacer } from './pacer.ts'
import { PauseGate } from './pause-gate.ts'

const clock = { nowMs: Date.now, monotonicMs: () => performance.now() }

/** Counts turns until it is cancelled. */
function work(gate: PauseGate, signal: AbortSignal): { turns: () => number; ended: Promise<unknown> } {
  let turns = 0
  const pacer = new Pacer({ clock, signal, gate, report: () => undefined })
  const ended = (async () => {
    for (;;) {
      await pacer.turn()
      turns++
    }
  })().catch((error: unknown) => error)
  return { turns: () => turns, ended }
}
const someTurns = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await nextTurn()
}

test('work rests while the gate is closed, and goes on from there', async () => {
  const gate = new PauseGate()
  const cancelling = new AbortController()
  const { turns, ended } = work(gate, cancelling.signal)
  await someTurns()
  gate.close()
  await someTurns()
  const before = turns()
  expect(before).toBeGreaterThan(0)
  await someTurns()
  expect(turns()).toBe(before)
  gate.open()
  await someTurns()
  expect(turns()).toBeGreaterThan(before)
  cancelling.abort()
  expect(await ended).toMatchObject({ code: 'cancelled' })
})

test('closed again before anybody went through, it stays closed', async () => {
  const gate = new PauseGate()
  const cancelling = new AbortController()
  gate.close()
  let isThrough = false
  const waiting = gate.whenOpen(cancelling.signal).then(() => (isThrough = true))
  gate.open()
  gate.close()
  await someTurns()
  expect(isThrough).toBe(false)
  gate.open()
  await waiting
})

test('work that rests is cancelled at once', async () => {
  const gate = new PauseGate()
  gate.close()
  const cancelling = new AbortController()
  const { turns, ended } = work(gate, cancelling.signal)
  await someTurns()
  cancelling.abort()
  expect(await ended).toMatchObject({ code: 'cancelled' })
  expect(turns()).toBe(0)
})
