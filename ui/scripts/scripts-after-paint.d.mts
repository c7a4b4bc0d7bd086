export function scriptsAfterPaint(page: string): string;
export function scriptsOf(page: string): string[];
