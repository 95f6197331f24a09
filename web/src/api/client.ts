// One way to talk to the server: JSON in, JSON out, errors as ApiError.
import { t } from '../lang';

/** Found at run time from where this script lies (BASE/assets/), so that the page works below a
 *  proxy's prefix too, also when its own address lacks the slash at the end. */
const here = import.meta.url;
export const API = new URL('../api/v1/', here).href;

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What the server said when it did not do something; status 0: it did not answer at all. */
export class ApiError extends Error {
	constructor(
		readonly status: number,
		readonly code: string,
		message: string,
		readonly hint: string,
		readonly job: string | null = null,
	) {
		super(message);
	}
}

let csrf: string | null = null;
let onSignedOut = () => {};

export function setCsrf(value: string | null): void {
	csrf = value;
}

/** For what cannot go through send(). */
export function csrfHeader(): Record<string, string> {
	return csrf ? { 'X-CSRF-Token': csrf } : {};
}

/** Called once for each 401 to a request that needs a session. */
export function whenSignedOut(callback: () => void): void {
	onSignedOut = callback;
}

export function newKey(): string {
	const bytes = crypto.getRandomValues(new Uint8Array(16));
	return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}

export interface Options {
	method?: Method;
	body?: unknown;
	/** Idempotency-Key: a repeated request is the same request. */
	key?: string;
	signal?: AbortSignal;
	accept?: string;
	/** A 401 is an answer here (sign-in), not the end of a session. */
	open?: boolean;
}

/** The raw answer; throws ApiError for everything that is not 2xx. */
export async function send(path: string, o: Options = {}): Promise<Response> {
	const headers: Record<string, string> = { Accept: o.accept ?? 'application/json' };
	const method = o.method ?? 'GET';
	if (o.body !== undefined) headers['Content-Type'] = 'application/json';
	if (method !== 'GET' && csrf) headers['X-CSRF-Token'] = csrf;
	if (o.key) headers['Idempotency-Key'] = o.key;

	let answer: Response;
	try {
		answer = await fetch(API + path.replace(/^\//, ''), {
			method,
			headers,
			body: o.body === undefined ? undefined : JSON.stringify(o.body),
			signal: o.signal,
			credentials: 'same-origin',
			cache: 'no-store',
		});
	} catch (e) {
		if (o.signal?.aborted) throw e;
		throw new ApiError(0, 'station.no_answer', t('error.no_answer'), t('error.no_answer_hint'));
	}
	if (answer.ok) return answer;
	const error = await readError(answer);
	if (error.status === 401 && !o.open) onSignedOut();
	throw error;
}

async function readError(answer: Response): Promise<ApiError> {
	return errorFrom(answer.status, await answer.text().catch(() => ''));
}

export function errorFrom(status: number, text: string): ApiError {
	try {
		const { error } = JSON.parse(text);
		return new ApiError(status, error.code, error.message, error.hint, error.job ?? null);
	} catch {
		return new ApiError(status, `http.${status}`, t('error.http', { status }), t('error.http_hint'));
	}
}

export async function get<T>(path: string, o: Options = {}): Promise<T> {
	return (await send(path, o)).json() as Promise<T>;
}

/** A change; undefined for an answer without a body. */
export async function change<T = undefined>(method: Method, path: string, body?: unknown, o: Options = {}): Promise<T> {
	const answer = await send(path, { ...o, method, body });
	return (answer.status === 204 ? undefined : await answer.json()) as T;
}
