import type { RouteRecordRaw } from 'vue-router'

export const vaultRoutes: RouteRecordRaw[] = [
  { path: '/vaults', name: 'vaults', component: () => import('./VaultsPage.vue') },
  { path: '/vaults/:vaultId', name: 'vault', component: () => import('./VaultPage.vue') },
]
