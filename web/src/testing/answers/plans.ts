import { AppError, type Plan } from '@holdfast/shared-types'
import { aBackupRun, aPlan, factsOf } from '../world.ts'
import { found, type AnswerParts, type Answers } from './answers.ts'

export const plansAnswers = ({ world, onRun, tell }: AnswerParts): Answers => {
  const planOf = (planId: Plan['id']): Plan =>
    found(
      world.plans.find(({ id }) => id === planId),
      'plan.not-found',
    )
  const put = (plan: Plan): Plan => {
    world.plans = [...world.plans.filter(({ id }) => id !== plan.id), plan]
    tell('plans', { type: 'plan.changed', body: plan })
    return plan
  }
  const deviceOf = (agentId: Plan['agentId']) =>
    found(
      world.devices.find(({ id }) => id === agentId),
      'agent.not-found',
    )
  return {
    listPlans: ({ query }) => ({ items: world.plans.filter(({ agentId }) => query.agentId === undefined || agentId === query.agentId) }),
    getPlan: ({ params }) => planOf(params.planId),
    createPlan({ body: { agentId, vaultId: _vault, ...body } }) {
      const device = deviceOf(agentId)
      if (world.plans.some((plan) => plan.agentId === agentId && plan.name === body.name)) throw new AppError('plan.name-taken')
      return put(aPlan(device, body))
    },
    updatePlan({ params, body }) {
      const plan = planOf(params.planId)
      if (plan.revision !== body.revision) throw new AppError('plan.changed')
      return put({ ...plan, ...body, revision: plan.revision + 1, updatedAtMs: Date.now() })
    },
    deletePlan({ params }) {
      world.plans = world.plans.filter(({ id }) => id !== planOf(params.planId).id)
      return {}
    },
    acceptPlanSize({ params }) {
      const plan = planOf(params.planId)
      const newest = world.runs.find(({ planId, result }) => planId === plan.id && result?.kind === 'backup')?.result
      return put({
        ...plan,
        isShrunk: false,
        lastSize: newest?.kind === 'backup' ? { files: newest.files, bytes: newest.bytes } : plan.lastSize,
      })
    },
    startPlanRun({ params }) {
      const plan = planOf(params.planId)
      const run = aBackupRun(deviceOf(plan.agentId), { planId: plan.id, planName: plan.name })
      world.runs.unshift(run)
      put({ ...plan, activeRun: factsOf(run) })
      onRun(run)
      return run
    },
  }
}
