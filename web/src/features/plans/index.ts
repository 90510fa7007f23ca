/** What every other page may ask about plans, and how one fares that nothing is at work on. */
export { isAccepted } from './plan-status.ts'
export { usePlansStore } from './plans.store.ts'
