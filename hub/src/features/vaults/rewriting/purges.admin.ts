import { AppError, ExclusionPattern, VaultId, type AgentId, type PurgeSelection } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { z } from 'zod'
import { adminCommand, lookingCommand, type AdminCommand } from '../../../platform/http/define-feature.ts'
import type { OpenVault } from '../contents/open-vault.ts'
import type { OpenVaults } from '../contents/open-vaults.ts'
import type { AgentsDoor } from '../doors/doors.ts'
import { withContractErrors } from '../errors/translate-engine-error.ts'
import type { Purges } from './purges.ts'

export interface PurgeCommandsDeps {
  readonly vaults: OpenVaults
  readonly agents: Pick<AgentsDoor, 'findNamedDevice'>
  readonly purges: Pick<Purges, 'preview' | 'start' | 'list' | 'get' | 'settled'>
}

const SelectionInput = z.strictObject({
  vaultId: VaultId.nullable().default(null),
  /** Ids or names; null = all. */
  devices: z.array(z.string()).nullable().default(null),
  paths: z.array(z.string().min(1)),
  patterns: z.array(ExclusionPattern),
})
const OrderInput = SelectionInput.extend({ keepsUndo: z.boolean() })
const ListInput = z.strictObject({ vaultId: VaultId.nullable().default(null) })

export function purgeCommands({ vaults, agents, purges }: PurgeCommandsDeps): Readonly<Record<string, AdminCommand>> {
  const vaultOf = (vaultId: VaultId | null): OpenVault => (vaultId === null ? vaults.default : vaults.get(vaultId))
  return {
    'purge.preview': lookingCommand(SelectionInput, (input, em) =>
      withContractErrors(async () =>
        purges.preview(vaultOf(input.vaultId), await selectionOf(agents, em, input), new AbortController().signal),
      ),
    ),
    purge: adminCommand(OrderInput, (input, em) =>
      withContractErrors(async () => {
        const vault = vaultOf(input.vaultId)
        const order = { ...(await selectionOf(agents, em, input)), keepsUndo: input.keepsUndo }
        const started = await purges.start(vault, order, 'holdfast-hub purge')
        await purges.settled()
        return purges.get(vault, started.id)
      }),
    ),
    'purge.list': lookingCommand(ListInput, ({ vaultId }) =>
      withContractErrors(async () => ({ items: await purges.list(vaultOf(vaultId)) })),
    ),
  }
}

/** @throws AppError `request.invalid`, `agent.not-found`, `agent.ambiguous` */
async function selectionOf(
  agents: PurgeCommandsDeps['agents'],
  em: EntityManager,
  { devices, paths, patterns }: z.output<typeof SelectionInput>,
): Promise<PurgeSelection> {
  if (paths.length + patterns.length === 0) throw new AppError('request.invalid', { message: 'Say which paths or patterns leave.' })
  const agentIds: AgentId[] = []
  for (const device of devices ?? []) agentIds.push(await agents.findNamedDevice(em, device))
  return {
    agentIds: agentIds.length === 0 ? null : agentIds,
    paths: paths.map((path) => ({ path })),
    patterns,
  }
}
