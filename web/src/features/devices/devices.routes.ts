import type { RouteRecordRaw } from 'vue-router'

export const deviceRoutes: RouteRecordRaw[] = [
  { path: '/devices', name: 'devices', component: () => import('./DevicesPage.vue') },
  { path: '/devices/:agentId', name: 'device', component: () => import('./DevicePage.vue') },
]
