import type { DeletionPreview, Snapshot } from '@holdfast/shared-types'
import { addIcon } from '@iconify/vue'
import { afterEach, expect, test, vi } from 'vitest'
import { createApp, h, nextTick, ref, shallowRef, type App } from 'vue'
import { createMemoryHistory, createRouter } from 'vue-router'
import { i18n } from '../../platform/i18n/text.ts'
import { aDevice, aSnapshot } from '../../testing/world.ts'
import DeleteSnapshotsDialog from './DeleteSnapshotsDialog.vue'

let app: App | null = null
// The kit would ask another machine for it.
addIcon('lucide:x', { body: '' })
afterEach(() => {
  app?.unmount()
  vi.unstubAllGlobals()
})

const previewOf = (kind: 'recent' | 'last-of-device', { id }: Snapshot): DeletionPreview => ({
  snapshots: 1,
  bytesFreed: 0,
  bytesShared: 0,
  undoUntilMs: 0,
  concerns: [{ kind, snapshotIds: [id] }],
})

test('an answer about snapshots that were chosen before says nothing of those that are now', async () => {
  const [young, last] = [aSnapshot(aDevice()), aSnapshot(aDevice({ name: 'attic' }))]
  const answers: ((preview: DeletionPreview) => void)[] = []
  vi.stubGlobal('fetch', () => {
    const { promise, resolve } = Promise.withResolvers<Response>()
    answers.push((preview) => resolve(Response.json(preview)))
    return promise
  })
  const [open, snapshots] = [ref(true), shallowRef<readonly Snapshot[]>([young])]
  app = createApp({ render: () => h(DeleteSnapshotsDialog, { open: open.value, snapshots: snapshots.value }) })
  app.use(i18n).use(createRouter({ history: createMemoryHistory(), routes: [{ path: '/', component: {} }] }))
  app.mount(document.body.appendChild(document.createElement('div')))
  await nextTick()
  open.value = false
  await nextTick()
  snapshots.value = [last]
  open.value = true
  await nextTick()
  expect(answers).toHaveLength(2)

  const isThere = (what: string) => document.querySelector(what) !== null
  const asked = () => ({ checkbox: isThere('[role=checkbox]'), name: isThere('form input[autocomplete]') })
  answers[1]?.(previewOf('last-of-device', last))
  await vi.waitFor(() => expect(asked()).toEqual({ checkbox: false, name: true }))
  answers[0]?.(previewOf('recent', young))
  await new Promise((resolve) => setTimeout(resolve))
  expect(asked(), 'the name is asked for, and not the other one’s word').toEqual({ checkbox: false, name: true })
})
