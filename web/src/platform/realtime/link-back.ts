import { watch } from 'vue'
import { connectionState } from './connection.ts'

/** Calls whenever the link to the hub is back after a time without: for what no topic tells. Call it in a component's setup. */
export function onLinkBack(reload: () => void): void {
  watch(connectionState, (state, before) => {
    if (state === 'live' && (before === 'reconnecting' || before === 'offline')) reload()
  })
}
