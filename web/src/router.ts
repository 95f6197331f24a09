// Hash routing: #/limits?service=relay
import { useEffect, useState } from 'preact/hooks';

export interface Route {
	page: string;
	query: URLSearchParams;
}

export function parseHash(hash: string): Route {
	const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
	return { page: path || 'overview', query: new URLSearchParams(query) };
}

export function href(page: string, query?: Record<string, string>): string {
	const q = query && Object.keys(query).length ? `?${new URLSearchParams(query)}` : '';
	return `#/${page === 'overview' ? '' : page}${q}`;
}

export function navigate(page: string, query?: Record<string, string>): void {
	location.hash = href(page, query);
}

export function useRoute(): Route {
	const [route, setRoute] = useState(() => parseHash(location.hash));
	useEffect(() => {
		const onChange = () => setRoute(parseHash(location.hash));
		addEventListener('hashchange', onChange);
		return () => removeEventListener('hashchange', onChange);
	}, []);
	return route;
}
