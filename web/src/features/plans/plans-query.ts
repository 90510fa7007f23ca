import type { AgentId } from '@holdfast/shared-types'
import { computed } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { readAgentId } from '../../platform/api/address-ids.ts'
import { planFilters, type PlanFilter, type PlanQuery } from './plan-status.ts'

const isFilter = (text: unknown): text is PlanFilter => (planFilters as readonly unknown[]).includes(text)

/** What the list is cut down to, as it stands in the address: it can be kept, sent and gone back to. */
export function usePlansQuery() {
  const route = useRoute()
  const router = useRouter()
  const query = computed<PlanQuery>(() => ({
    text: typeof route.query['q'] === 'string' ? route.query['q'] : '',
    agentId: readAgentId(route.query['device']),
    filter: isFilter(route.query['state']) ? route.query['state'] : 'all',
  }))

  function change(part: Partial<PlanQuery>): void {
    const { text, agentId, filter } = { ...query.value, ...part }
    void router.replace({
      query: {
        ...(text === '' ? {} : { q: text }),
        ...(agentId === null ? {} : { device: agentId }),
        ...(filter === 'all' ? {} : { state: filter }),
      },
    })
  }

  const part = <K extends keyof PlanQuery>(key: K) =>
    computed<PlanQuery[K]>({ get: () => query.value[key], set: (value) => change({ [key]: value }) })
  return {
    query,
    text: part('text'),
    agentId: part('agentId'),
    filter: part('filter'),
    clear: () => change({ text: '', agentId: null, filter: 'all' }),
  }
}

/** A choice of a list has to be a text: this one means every device. */
export const everyDevice = 'every'
export const agentIdOfChoice = (choice: string): AgentId | null => readAgentId(choice)
