import { Vault } from '../../model/vault.ts'
import { route, type RouteContract } from '../route.ts'
import { list, v1 } from './parts.ts'

export const vaultsRoutes = {
  listVaults: route({ method: 'get', path: `${v1}/vaults`, summary: 'Vaults', tag: 'Vaults', actor: 'user', response: list(Vault) }),
} as const satisfies Record<string, RouteContract>
