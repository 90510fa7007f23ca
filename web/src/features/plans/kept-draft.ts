import type { Plan } from '@holdfast/shared-types'
import { newDraft, type PlanDraft } from './plan-draft.ts'

/** What somebody was writing, as it was when the sign-in ended or the page was closed. */
export interface KeptDraft {
  /** Nobody else is shown it. */
  readonly userId: string
  /** Address of the page that it was written on. */
  readonly place: string
  /** The plan as it was read; null = a new one. */
  readonly plan: Plan | null
  readonly draft: PlanDraft
}

// One for each tab, and gone with it: only one plan is written in a tab at a time.
const slot = 'holdfast.plan-draft'

export function keepDraft(kept: KeptDraft): void {
  try {
    sessionStorage.setItem(slot, JSON.stringify(kept))
  } catch {
    // Storage may be forbidden or full: then what is written lives as long as its page.
  }
}

export function forgetDraft(): void {
  try {
    sessionStorage.removeItem(slot)
  } catch {
    // As above: there is nothing to forget.
  }
}

/** What the same person was writing at the same place; what another one was writing here is dropped. */
export function recallDraft(userId: string, place: string): Pick<KeptDraft, 'plan' | 'draft'> | null {
  try {
    const text = sessionStorage.getItem(slot)
    if (text === null) return null
    const kept = JSON.parse(text) as KeptDraft
    // Written before an update of the console, it may lack what came with it.
    if (kept.userId === userId && kept.place === place) return { ...kept, draft: { ...newDraft(null), ...kept.draft } }
    if (kept.userId !== userId) forgetDraft()
    return null
  } catch {
    // As above, or written by another version: nothing that can be shown again.
    return null
  }
}
