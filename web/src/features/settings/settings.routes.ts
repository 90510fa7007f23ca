import type { RouteRecordRaw } from 'vue-router'

export const settingsRoutes: RouteRecordRaw[] = [
  { path: '/settings/:section(account|appearance|system|about)?', name: 'settings', component: () => import('./SettingsPage.vue') },
]
