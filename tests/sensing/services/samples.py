"""What gateways really send, after the documentation of each; times are filled in by who uses them."""

import json
from typing import Any

DEV_EUI = "A84041000181C061"


def chirpstack_up(time: str) -> dict[str, Any]:
    return {
        "deduplicationId": "3ac7e3c4-4401-4b8d-9386-a5c902f9202d",
        "time": time,
        "deviceInfo": {
            "tenantId": "52f14cd4-c6f1-4fbd-8f87-4025e1d49242", "tenantName": "City", "applicationName": "noise",
            "applicationId": "17c82e96-be03-4f38-aef3-f83d48582d97", "deviceName": "noise-7", "devEui": DEV_EUI.lower(),
            "deviceProfileId": "14855bf7-d10d-4aee-b618-ebfcb64dc7ad", "deviceProfileName": "LAeq", "tags": {"k": "v"},
        },
        "devAddr": "00189440", "adr": True, "dr": 1, "fCnt": 1200, "fPort": 2, "confirmed": False,
        "data": "AWcA1wJoUA==",
        "object": {"laeq": 61.5, "battery_mV": 3604, "state": "ok", "peaks": [70, 71.5]},
        "rxInfo": [
            {"gatewayId": "0016c001f153a14c", "uplinkId": 4217106255, "rssi": -111, "snr": -3.2, "context": "E3OWOQ=="},
            {"gatewayId": "0016c001f153a14d", "uplinkId": 4217106256, "rssi": -97, "snr": 7.5,
             "location": {"latitude": 43.26, "longitude": -2.93}},
        ],
        "txInfo": {"frequency": 868100000, "modulation": {"lora": {"bandwidth": 125000, "spreadingFactor": 11}}},
    }  # fmt: skip


def chirpstack(time: str, **fields: Any) -> dict[str, Any]:
    return {"time": time, "deviceInfo": {"devEui": DEV_EUI.lower(), "deviceName": "noise-7"}, **fields}


def things_up(time: str) -> dict[str, Any]:
    return {
        "end_device_ids": {
            "device_id": "bin-12", "application_ids": {"application_id": "bins"}, "dev_eui": DEV_EUI,
            "dev_addr": "260B1234",
        },
        "correlation_ids": ["as:up:01E0WZGT6Y7657CPFPE5WEYDSQ"],
        "received_at": time,
        "uplink_message": {
            "session_key_id": "AXA50tHUIfGHPQTkgUZVLw==", "f_cnt": 7, "f_port": 1, "frm_payload": "AQI=",
            "decoded_payload": {"fill": 0.8, "tilted": False, "lid": "open"},
            "rx_metadata": [{"gateway_ids": {"gateway_id": "gtw1"}, "rssi": -35, "channel_rssi": -35, "snr": 5.2}],
            "settings": {"data_rate": {"lora": {"bandwidth": 125000, "spreading_factor": 7}}, "frequency": "868300000"},
            "received_at": time,
            "last_battery_percentage": {"f_cnt": 5, "value": 88.2, "received_at": time},
        },
    }  # fmt: skip


BRIDGE_DEVICES = [
    {"friendly_name": "Coordinator", "ieee_address": "0x00124b00120144ae", "type": "Coordinator", "definition": None},
    {
        "friendly_name": "hall/door 1", "ieee_address": "0x00158d0001", "type": "EndDevice",
        "definition": {
            "model": "MCCGQ11LM",
            "exposes": [
                {"type": "binary", "property": "contact", "value_on": False, "value_off": True},
                {"type": "numeric", "property": "voltage", "unit": "mV"},
                {"type": "numeric", "property": "device_temperature", "unit": "°C"},
            ],
        },
    },
    {
        "friendly_name": "lamp", "ieee_address": "0x00158d0002", "type": "Router",
        "definition": {
            "model": "LED1545G12",
            "exposes": [
                {"type": "light", "features": [
                    {"type": "binary", "property": "state", "value_on": "ON", "value_off": "OFF"},
                    {"type": "numeric", "property": "brightness"},
                ]},
            ],
        },
    },
]  # fmt: skip


def text(fields: Any) -> bytes:
    return json.dumps(fields).encode()
