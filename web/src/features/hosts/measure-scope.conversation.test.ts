import type { Measurement } from '@holdfast/shared-types'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { effectScope, nextTick, ref, type EffectScope } from 'vue'
import { startLiveLink, stopLiveLink } from '../../platform/realtime/live-link.ts'
import { browserAt } from '../../testing/browser-at.ts'
import { startStandInHub, type StandInHub } from '../../testing/stand-in-hub.ts'
import { aDevice, aWorld } from '../../testing/world.ts'
import type { MeasuredScope } from './follow-measurement.ts'
import { useMeasuredScope } from './measure-scope.ts'

const device = aDevice()
let hub: StandInHub
let effects: EffectScope

beforeEach(async () => {
  hub = await startStandInHub({ world: aWorld({ devices: [device] }) })
  browserAt(hub.url)
  effects = effectScope()
  startLiveLink()
})
afterEach(async () => {
  vi.unstubAllGlobals()
  effects.stop()
  stopLiveLink()
  await hub.close()
})

const scopeOf = (exclude: string[], isOnline = true): MeasuredScope => ({
  agentId: device.id,
  isOnline,
  request: { sources: [{ path: '/home' }], exclude },
})
const starts = () => hub.calls.filter((call) => call === 'startMeasurement').length
const measure = (scope: ReturnType<typeof ref<MeasuredScope | null>>) => {
  const measured = effects.run(() => useMeasuredScope(scope as Parameters<typeof useMeasuredScope>[0]))
  if (measured === undefined) throw new Error('The scope has ended')
  return measured
}

test('a choice is counted once it rests, anew when it changes, and figures of the one before say so', async () => {
  const scope = ref<MeasuredScope | null>(scopeOf([]))
  const { figures } = measure(scope)
  // Typed, letter by letter: one count and not four.
  for (const pattern of ['*', '*.', '*.o']) {
    scope.value = scopeOf([pattern])
    await nextTick()
  }
  await vi.waitFor(() => expect(figures.value.measurement?.state).toBe('done'), 20_000)
  expect(starts()).toBe(1)
  const before = figures.value.measurement?.sample?.files
  scope.value = scopeOf(['node_modules/'])
  await nextTick()
  expect(figures.value).toMatchObject({ isStale: true, measurement: { sample: { files: before } } })
  await vi.waitFor(() => expect(figures.value.isStale).toBe(false), 20_000)
  expect(figures.value.measurement?.sample?.files).not.toBe(before)
  // What is done needs no end.
  effects.stop()
  expect(hub.calls).not.toContain('cancelMeasurement')
})

const aSample: NonNullable<Measurement['sample']> = {
  phase: 'counting',
  files: 7,
  folders: 1,
  bytes: 70,
  problems: 0,
  largestLeftOut: [],
  elapsedMs: 10,
  leftOut: { entries: 0, cacheFolders: 0, mountPoints: 0, ownPlaces: 0 },
}

test('while the device counts, its figures are followed; who leaves ends it', async () => {
  hub.world.isCounting = true
  const { figures } = measure(ref<MeasuredScope | null>(scopeOf([])))
  await vi.waitFor(() => expect(figures.value.measurement?.state).toBe('running'), 20_000)
  const { measurement } = figures.value
  if (measurement === null) throw new Error('Nothing is counted')
  await vi.waitFor(() => {
    hub.live.tell(`measurement:${measurement.id}`, { type: 'measurement.changed', body: { ...measurement, sample: aSample } })
    expect(figures.value.measurement?.sample?.files).toBe(7)
  }, 20_000)
  effects.stop()
  await vi.waitFor(() => expect(hub.calls).toContain('cancelMeasurement'), 20_000)
})

test('an answer that comes after the end was told does not begin the counting anew', async () => {
  hub.world.isCounting = true
  const answer = Promise.withResolvers<void>()
  const call = globalThis.fetch
  let asked = 0
  vi.stubGlobal('fetch', async (...args: Parameters<typeof fetch>) => {
    const response = await call(...args)
    if (!/\/measurements\/[^/]+$/.test(response.url) || (args[1]?.method ?? 'GET') !== 'GET') return response
    asked += 1
    await answer.promise
    return response
  })
  const { figures } = measure(ref<MeasuredScope | null>(scopeOf([])))
  await vi.waitFor(() => expect(asked).toBe(1), 20_000)
  const { measurement } = figures.value
  if (measurement === null) throw new Error('Nothing is counted')
  const body: Measurement = { ...measurement, state: 'done', sample: { ...aSample, phase: 'done' } }
  hub.live.tell(`measurement:${measurement.id}`, { type: 'measurement.changed', body })
  await vi.waitFor(() => expect(figures.value.measurement?.state).toBe('done'), 20_000)
  answer.resolve()
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(figures.value).toMatchObject({ isStale: false, measurement: { state: 'done' } })
})

test('a device that is away is asked nothing until it is back', async () => {
  const scope = ref<MeasuredScope | null>(scopeOf([], false))
  const { figures } = measure(scope)
  await new Promise((resolve) => setTimeout(resolve, 800))
  expect([starts(), figures.value.measurement]).toEqual([0, null])
  scope.value = scopeOf([])
  await vi.waitFor(() => expect(figures.value.measurement?.state).toBe('done'), 20_000)
})
