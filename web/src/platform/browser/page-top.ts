import { onScopeDispose, readonly, ref, watch, type Ref } from 'vue'

/**
 * How far below the top of the page an element begins, in whole CSS pixels: the `scrollMargin` of a long list that scrolls
 * with the page. 0 while there is no element. Followed for as long as the calling component lives: what comes or goes above
 * the element changes the height of the page.
 */
export function usePageTop(element: Readonly<Ref<HTMLElement | null>>): Readonly<Ref<number>> {
  const topPx = ref(0)
  const measure = () => {
    topPx.value = element.value === null ? 0 : Math.round(element.value.getBoundingClientRect().top + window.scrollY)
  }
  const pageSize = new ResizeObserver(measure)
  pageSize.observe(document.body)
  onScopeDispose(() => pageSize.disconnect())
  watch(element, measure, { flush: 'post', immediate: true })
  return readonly(topPx)
}
