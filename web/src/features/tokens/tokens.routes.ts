import type { RouteRecordRaw } from 'vue-router'

export const tokenRoutes: RouteRecordRaw[] = [{ path: '/tokens', name: 'tokens', component: () => import('./TokensPage.vue') }]
