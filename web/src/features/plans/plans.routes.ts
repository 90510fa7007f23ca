import type { RouteRecordRaw } from 'vue-router'

export const planRoutes: RouteRecordRaw[] = [
  { path: '/plans', name: 'plans', component: () => import('./PlansPage.vue') },
  { path: '/plans/new', name: 'plan-new', component: () => import('./NewPlanPage.vue') },
  { path: '/plans/:planId', name: 'plan', component: () => import('./PlanPage.vue') },
  { path: '/plans/:planId/edit', name: 'plan-edit', component: () => import('./EditPlanPage.vue') },
]
