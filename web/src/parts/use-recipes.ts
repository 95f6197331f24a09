import { get } from '../api/client';
import type { Recipe } from '../api/recipe';
import { useLoad } from './load';

export function useRecipes(): Recipe[] {
	return useLoad((signal) => get<{ recipes: Recipe[] }>('recipes', { signal }), 'recipes').data?.recipes ?? [];
}
