import type { VaultCheckState } from '@holdfast/shared-types'

interface CheckLooks {
  readonly icon: string
  readonly colour: string
}

const looksByState: Readonly<Record<VaultCheckState, CheckLooks>> = {
  running: { icon: 'i-lucide-loader', colour: 'text-primary' },
  sound: { icon: 'i-lucide-circle-check', colour: 'text-success' },
  damaged: { icon: 'i-lucide-circle-x', colour: 'text-error' },
  // Says nothing of the vault: neither green nor red.
  failed: { icon: 'i-lucide-circle-alert', colour: 'text-warning' },
  interrupted: { icon: 'i-lucide-circle-pause', colour: 'text-muted' },
}

/** How the newest check looks; null = there was none. */
export const checkLooks = (state: VaultCheckState | null): CheckLooks =>
  state === null ? { icon: 'i-lucide-circle-dashed', colour: 'text-muted' } : looksByState[state]
