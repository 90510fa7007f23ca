import type { AuditEntry } from '@holdfast/shared-types'
import { ref, shallowRef, watch, type ComputedRef } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'
import { onLinkBack } from '../../platform/realtime/link-back.ts'
import { filterCall, type AuditFilter } from './audit-filter.ts'

const pageSize = 100

/** Entries that fit, newest first, a page at a time. New ones come by `load`: no topic tells of them. */
export function useAuditList(filter: ComputedRef<AuditFilter>) {
  const entries = shallowRef<readonly AuditEntry[]>([])
  const hasMore = ref(false)
  const isLoaded = ref(false)
  const isBusy = ref(false)
  const error = shallowRef<unknown>(null)
  let turn = 0

  async function read(before: number | undefined): Promise<void> {
    const own = ++turn
    isBusy.value = true
    try {
      const answer = await callHub('listAudit', { query: { ...filterCall(filter.value), limit: pageSize, before } })
      if (own !== turn) return
      entries.value = before === undefined ? answer.items : [...entries.value, ...answer.items]
      hasMore.value = answer.hasMore ?? answer.items.length === pageSize
      isLoaded.value = true
      error.value = null
    } catch (cause) {
      if (own === turn) error.value = cause
    } finally {
      if (own === turn) isBusy.value = false
    }
  }

  const load = () => read(undefined)
  async function showOlder(): Promise<void> {
    if (!isBusy.value && hasMore.value) await read(entries.value.at(-1)?.id)
  }

  watch(
    () => JSON.stringify(filter.value),
    () => {
      isLoaded.value = false
      entries.value = []
      void load()
    },
  )
  onLinkBack(() => void load())
  void load()
  return { entries, hasMore, isLoaded, isBusy, error, load, showOlder }
}
