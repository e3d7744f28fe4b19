import type { Theme } from "../store/page";

/** The map's own colours: near the page's ground, so that the city stays behind what happens in it. */
export interface Palette {
  ground: string;
  water: string;
  green: string;
  square: string;
  road: string;
  roadEdge: string;
  rail: string;
  building: string;
  buildingEdge: string;
  zone: string;
  label: string;
  strongLabel: string;
  halo: string;
  dot: string;
  talking: string;
  late: string;
  unit: string;
  risk: string;
  asset: string;
}

export const PALETTES: Record<Theme, Palette> = {
  dark: {
    ground: "#14181b",
    water: "#182936",
    green: "#1a2620",
    square: "#252b31",
    road: "#333b43",
    roadEdge: "#1d2227",
    rail: "#454e57",
    building: "#22292f",
    buildingEdge: "#36404a",
    zone: "#8b98a5",
    label: "#98a4af",
    strongLabel: "#c6cfd7",
    halo: "#12161a",
    dot: "#7d8995",
    talking: "#e9eef2",
    late: "#d9a441",
    unit: "#a9c7e8",
    risk: "#ff6a4d",
    asset: "#8d99a4",
  },
  light: {
    ground: "#eef0f1",
    water: "#d3dfe8",
    green: "#e0e8de",
    square: "#e5e7e8",
    road: "#ffffff",
    roadEdge: "#dadee1",
    rail: "#b4bcc3",
    building: "#dfe3e6",
    buildingEdge: "#c6ccd1",
    zone: "#5b6874",
    label: "#55616c",
    strongLabel: "#27313a",
    halo: "#f6f7f8",
    dot: "#73808c",
    talking: "#11181e",
    late: "#8a5a00",
    unit: "#1f5b99",
    risk: "#d13a1b",
    asset: "#5e6a75",
  },
};
