import type { liveEventName, subscribeEvent, uiNamespace, unsubscribeEvent } from '@holdfast/shared-types'

/** The names of the `/ui` namespace, written out so that the contract's schemas stay out of the bundle; the compiler compares. */
export const uiNames = {
  namespace: '/ui' satisfies typeof uiNamespace,
  subscribe: 'subscribe' satisfies typeof subscribeEvent,
  unsubscribe: 'unsubscribe' satisfies typeof unsubscribeEvent,
  event: 'event' satisfies typeof liveEventName,
} as const
