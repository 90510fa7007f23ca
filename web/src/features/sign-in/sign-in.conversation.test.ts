import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { callHub } from '../../platform/api/call-hub.ts'
import { forgetAnswers } from '../../platform/api/remembered-answers.ts'
import { connectionState } from '../../platform/realtime/connection.ts'
import { stopLiveLink } from '../../platform/realtime/live-link.ts'
import { onSignedOut } from '../../platform/sign-out/sign-out.ts'
import { browserAt } from '../../testing/browser-at.ts'
import { startStandInHub, type StandInHub } from '../../testing/stand-in-hub.ts'
import { aDevice, aUser, aWorld } from '../../testing/world.ts'
import { useSignInStore } from './sign-in.store.ts'

const [ada, grace] = [aUser(), aUser({ name: 'Grace', email: 'grace@example.org', role: 'viewer' })]
/** What the browser keeps, over pages. */
const kept = new Map<string, Response>()
let hub: StandInHub

beforeEach(async () => {
  hub = await startStandInHub({ world: aWorld({ user: ada, devices: [aDevice()] }) })
  browserAt(hub.url)
  // The test's browser has no cache storage.
  vi.stubGlobal('caches', {
    open: async () => ({
      put: async (address: string, answer: Response) => void kept.set(address, answer),
      match: async (address: string) => kept.get(address)?.clone(),
    }),
    delete: async () => kept.clear(),
  })
})
afterEach(async () => {
  stopLiveLink()
  await forgetAnswers()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
  await hub.close()
})

/** Opens the console anew, and waits until it is known who is there. */
async function openPage() {
  stopLiveLink()
  setActivePinia(createPinia())
  const store = useSignInStore()
  await store.ready()
  return store
}

async function openPageOfAda() {
  const store = await openPage()
  await callHub('listDevices')
  await vi.waitFor(() => expect([...kept.keys()].sort()).toEqual(['/api/v1/devices', '/api/v1/me']))
  return store
}

test('without a hub the console opens with what was kept, until a page has heard that the sign-in has ended', async () => {
  await openPageOfAda()
  const { url } = hub
  await hub.close()
  expect((await openPage()).user?.id).toBe(ada.id)

  hub = await startStandInHub({ world: aWorld({ user: ada }), isSignedIn: false, port: Number(new URL(url).port) })
  expect((await openPage()).user).toBeNull()
  await hub.close()
  expect((await openPage()).user).toBeNull()
  await expect(callHub('listDevices')).rejects.toMatchObject({ code: 'hub.unreachable' })
})

test('who signs in finds nothing of what another was told, and opens the console as themselves', async () => {
  const store = await openPageOfAda()
  const holders: (string | undefined)[] = []
  onSignedOut(() => holders.push(store.user?.id, connectionState.value))
  hub.world.user = grace
  await store.signInWithLink(hub.world.linkToken ?? '')
  expect(store.user?.id).toBe(grace.id)
  expect(holders, 'who holds something of the other was told before').toEqual([undefined, 'idle'])
  await hub.close()
  expect((await openPage()).user?.id).toBe(grace.id)
  await expect(callHub('listDevices')).rejects.toMatchObject({ code: 'hub.unreachable' })
})

test('a page of another who signed in by another tab lets go of what it holds and begins anew; of the same person it stays', async () => {
  const store = await openPageOfAda()
  const begun = vi.spyOn(location, 'reload').mockReturnValue()
  let letGo = 0
  onSignedOut(() => (letGo += 1))
  hub.world.user = { ...ada, role: 'viewer' }
  await store.refresh()
  expect([store.user?.role, letGo, begun.mock.calls.length]).toEqual(['viewer', 0, 0])

  hub.world.user = grace
  await store.refresh()
  expect([store.user, letGo, begun.mock.calls.length]).toEqual([null, 1, 1])
  expect(connectionState.value).toBe('idle')
  expect([...kept.keys()]).toEqual(['/api/v1/me'])
})
