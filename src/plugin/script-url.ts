/** An expression for the classic script's own URL, in a page and in a worker. */
export const scriptUrl: string =
  "typeof document === 'undefined' ? location.href : document.currentScript ? document.currentScript.src : document.baseURI"
