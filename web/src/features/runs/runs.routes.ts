import type { RouteRecordRaw } from 'vue-router'

export const runRoutes: RouteRecordRaw[] = [
  { path: '/runs', name: 'runs', component: () => import('./RunsPage.vue') },
  { path: '/runs/:runId', name: 'run', component: () => import('./RunPage.vue') },
]
