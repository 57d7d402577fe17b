"""The named endpoints on image models, as a script and as an agent call them."""

import asyncio
import base64
import io
import json
from concurrent.futures import ThreadPoolExecutor

import gradio_client
import numpy as np
import pytest
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from PIL import Image

import ganplay
from ganplay.live.engine import Engine
from ganplay.server.app import launch

STATE = "1;model:digits-conditional;seed:5;label:7;d0:2.5"
REFUSALS = [
    ({"states": "1;model:nope"}, "model: 'nope' is not possible; one of digits"),
    ({"states": "1"}, "model: 'None' is not possible"),
    ({"states": [STATE] * 65}, "states: 1 to 64 of at most 8000 characters are possible"),
    ({"states": []}, "states: 1 to 64"),
    ({"states": [5]}, r"states: '\[5\]' is not possible"),
    ({"states": STATE + "x" * 8000}, "states: 1 to 64 of at most 8000"),
    ({"states": STATE, "zoom": 9}, "zoom: 9 is not possible; a whole number from 1 to 8"),
    ({"states": STATE, "model": "../../etc"}, "model: '../../etc' is not possible"),
]


@pytest.fixture(scope="module")
def client(server):
    return gradio_client.Client(server.url, verbose=False)


def pixels(url):
    kind, data = url.split(",")
    assert kind == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))


def test_pictures_of_states_are_those_of_python(client):
    texts = [STATE, "1;seed:3;label:99;truncation:0.5"]
    answer = client.predict(states=texts, zoom=2, api_name="/generate")
    assert answer["states"] == [STATE, "1;model:digits-conditional;seed:3;truncation:0.5"]
    assert answer["problems"][0] == []
    assert "label" in answer["problems"][1][0]
    model = ganplay.load("digits-conditional")
    state, _ = ganplay.read_state(STATE, "digits-conditional", model.space)
    wanted = model.render([state])[0, 0].numpy()
    shown = pixels(answer["pictures"][0])
    assert shown.shape == (64, 64, 3)
    assert (shown[::2, ::2, 0] == wanted).all()


def test_what_there_is(client):
    names = [model["name"] for model in client.predict(api_name="/info")["models"]]
    assert names == ganplay.images.checkpoint.bundled()
    card = client.predict(model="digits", api_name="/info")
    assert card["name"] == "digits"
    assert card["steps"] == ganplay.load("digits").card.steps


@pytest.mark.parametrize(("arguments", "complaint"), REFUSALS)
def test_what_cannot_be_drawn_is_refused_in_words(client, arguments, complaint):
    with pytest.raises(gradio_client.exceptions.AppError, match=complaint):
        client.predict(**arguments, api_name="/generate")


async def asked(url):
    async with (
        streamable_http_client(f"{url}gradio_api/mcp/") as (read, write, _),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        tools = {tool.name: tool for tool in (await session.list_tools()).tools}
        answer = await session.call_tool("generate", {"states": [STATE]})
        wrong = await session.call_tool("generate", {"states": ["1;model:nope"]})
        script = await session.call_tool("write_script", {"state": "1", "steps": 5})
        missing = await session.call_tool("write_script", {"steps": 5})
        return tools, answer, wrong, script, missing


def test_agents_have_the_same_as_tools():
    engine = Engine()
    demo, url = launch("127.0.0.1", block=False, engine=engine, mcp=True)
    try:
        with ThreadPoolExecutor(1) as thread:  # a browser's loop may be running in this one
            tools, answer, wrong, *others = thread.submit(asyncio.run, asked(url)).result()
    finally:
        demo.close(verbose=False)
        engine.stop()
    assert {"train_toy", "write_script", "info", "generate"} <= tools.keys()
    assert "state string" in json.dumps(tools["generate"].inputSchema)
    assert not answer.isError
    told, picture = answer.content
    assert json.loads(told.text)["states"] == [STATE]
    assert (json.loads(told.text)["pictures"], picture.mimeType) == (["(file 1)"], "image/png")
    model = ganplay.load("digits-conditional")
    wanted = model.render([ganplay.read_state(STATE, "digits-conditional", model.space)[0]])
    assert (pixels(f"data:image/png;base64,{picture.data}")[..., 0] == wanted[0, 0].numpy()).all()
    script, missing = others
    assert script.content[0].text.startswith('"""')
    assert missing.isError
    assert "state" in missing.content[0].text
    schema = tools["train_toy"].inputSchema["properties"]
    assert schema["until"]["description"].endswith("says at which step.")
    assert tools["walk"].description.endswith("the file in a data URL.")
    assert wrong.isError
    assert "model: 'nope' is not possible" in wrong.content[0].text
