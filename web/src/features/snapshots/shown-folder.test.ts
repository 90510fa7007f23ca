import { expect, test } from 'vitest'
import { ref } from 'vue'
import { anEntry } from '../../testing/world.ts'
import { hideDeleted } from './shown-folder.ts'

const entries = ref([anEntry('/x/here'), anEntry('/x/old', { deletedAtMs: 1 }), anEntry('/x/older', { deletedAtMs: 1 })])
const named = (shown: ReturnType<typeof hideDeleted>) => shown.entries.value.map(({ name }) => name)

test('what is deleted is hidden and counted until it is asked for', () => {
  // More of the folder is still to be read.
  const shown = hideDeleted({ folder: ref(anEntry('/x', { type: 'folder' })), entries, total: ref(10) })
  expect([named(shown), shown.total.value, shown.deletedCount.value]).toEqual([['here'], 8, 2])
  shown.isDeletedShown.value = true
  expect([named(shown), shown.total.value]).toEqual([['here', 'old', 'older'], 10])
})

test('a folder that is deleted itself shows all it has, and the top of a snapshot is none', () => {
  const folder = ref(anEntry('/x', { type: 'folder', deletedAtMs: 1 }))
  expect(named(hideDeleted({ folder, entries, total: ref(3) }))).toHaveLength(3)
  expect(named(hideDeleted({ folder: ref(null), entries, total: ref(3) }))).toEqual(['here'])
})
