import { z } from 'zod'
import { Plan, PlanChange, PlanOrder } from '../../model/plan.ts'
import { Run } from '../../model/run.ts'
import { AgentId, PlanId } from '../../primitives/ids.ts'
import { route, type RouteContract } from '../route.ts'
import { Empty, list, v1 } from './parts.ts'

const params = z.object({ planId: PlanId })

export const plansRoutes = {
  listPlans: route({
    method: 'get',
    path: `${v1}/plans`,
    summary: 'Plans, by name',
    tag: 'Plans',
    actor: 'any',
    query: z.object({ agentId: AgentId.optional() }),
    liveTopics: ['plans', 'runs'],
    response: list(Plan),
  }),
  createPlan: route({
    method: 'post',
    path: `${v1}/plans`,
    summary: 'Make a plan for a device',
    tag: 'Plans',
    actor: 'user',
    body: PlanOrder,
    response: Plan,
    status: 201,
  }),
  getPlan: route({
    method: 'get',
    path: `${v1}/plans/{planId}`,
    summary: 'One plan',
    tag: 'Plans',
    actor: 'any',
    params,
    response: Plan,
  }),
  updatePlan: route({
    method: 'put',
    path: `${v1}/plans/{planId}`,
    summary: 'Change a plan; runs that have begun go on as they are',
    tag: 'Plans',
    actor: 'user',
    params,
    body: PlanChange,
    response: Plan,
  }),
  deletePlan: route({
    method: 'delete',
    path: `${v1}/plans/{planId}`,
    summary: 'Remove a plan: its waiting run is cancelled, its snapshots and past runs stay',
    tag: 'Plans',
    actor: 'user',
    params,
    response: Empty,
  }),
  acceptPlanSize: route({
    method: 'post',
    path: `${v1}/plans/{planId}/accept-size`,
    summary: 'The newest backup is as small as it should be: compare the next ones with it',
    tag: 'Plans',
    actor: 'user',
    params,
    response: Plan,
  }),
  startPlanRun: route({
    method: 'post',
    path: `${v1}/plans/{planId}/runs`,
    summary: 'Run a plan now; a run of it that waits already is taken instead, and waits no longer',
    tag: 'Plans',
    actor: 'any',
    params,
    body: z.strictObject({ full: z.boolean().default(false) }),
    response: Run,
    status: 201,
  }),
} as const satisfies Record<string, RouteContract>
