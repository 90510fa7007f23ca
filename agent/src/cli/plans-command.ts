import { AppError, type Plan } from '@holdfast/shared-types'
import { print, type CommandContext } from './command-context.ts'
import { escapePath, escapeText } from './escape-name.ts'
import { formatTable } from './format-table.ts'
import { formatTime } from './format-figures.ts'
import { withHub, type HubAccess } from './with-hub.ts'

/** Lists this device's plans, by name. */
export async function plansCommand(context: CommandContext): Promise<number> {
  const { items } = await withHub(context, ({ client }) => client.call('listPlans', { query: {} }))
  print(context, items.map(planDocument), () => (items.length === 0 ? ['This device has no plan yet.'] : planTable(items)))
  return 0
}

const planDocument = ({ id, name, sources, deletedFiles, isEnabled, problem, lastRun, activeRun }: Plan): Record<string, unknown> => ({
  id,
  name,
  sources,
  deletedFiles,
  isEnabled,
  problem,
  lastRun,
  activeRun,
})

const columns = [{ title: 'Plan' }, { title: 'State' }, { title: 'Last run' }, { title: 'Deleted files' }, { title: 'Sources' }] as const

const planTable = (plans: readonly Plan[]): string[] =>
  formatTable(
    columns,
    plans.map((plan) => [
      escapeText(plan.name),
      stateOf(plan),
      lastOf(plan),
      plan.deletedFiles === 'keep' ? 'kept' : 'not kept',
      plan.sources.map(escapePath).join(', '),
    ]),
  )

const stateOf = ({ problem, activeRun }: Plan): string => problem?.message ?? activeRun?.state ?? 'ready'
const lastOf = ({ lastRun }: Plan): string =>
  lastRun === null ? 'never' : `${lastRun.state}, ${formatTime(lastRun.finishedAtMs ?? lastRun.createdAtMs)}`

/** A plan of this device by its name or id. @throws AppError `plan.not-found` */
export async function findOwnPlan({ client }: HubAccess, name: string): Promise<Plan> {
  const { items } = await client.call('listPlans', { query: {} })
  const found = items.find((plan) => plan.name === name || plan.id === name)
  if (found !== undefined) return found
  const names = items.map((plan) => `“${plan.name}”`).join(', ')
  throw new AppError('plan.not-found', {
    message: `This device has no plan “${name}”.`,
    cure: items.length === 0 ? 'Make one in the console.' : `It has: ${names}.`,
  })
}
