import { onScopeDispose, readonly, ref, watch, type Ref } from 'vue'

/**
 * Lets a long page appear part by part from its top, each in a task of its own, so that it can be read and pressed meanwhile.
 * @param isReady when the first part may appear
 * @returns how many parts may be there: 0 at first, `parts` in the end
 */
export function useStages(parts: number, isReady: () => boolean): Readonly<Ref<number>> {
  // What is known already is there at once: whoever comes back finds the place where they were.
  const stage = ref(isReady() ? parts : 0)
  let timer: ReturnType<typeof setTimeout> | undefined
  function advance(): void {
    stage.value += 1
    if (stage.value < parts) timer = setTimeout(advance)
  }
  watch(isReady, (ready) => {
    if (ready && stage.value === 0) advance()
  })
  onScopeDispose(() => clearTimeout(timer))
  return readonly(stage)
}
