"""The route as most people write it: `async def`, decode and infer in it.

    uvicorn benchmarks.serving.peers.plain_fastapi:app

FastAPI's documentation shows uploads this way ("Request Files": an `async def` route awaits
`UploadFile.read`); one process, as `fastapi run` starts it.
"""

from typing import Annotated, Any

from fastapi import FastAPI, File, UploadFile

from benchmarks.serving.peers.pipeline import Pipeline

app = FastAPI()
pipeline = Pipeline()


@app.post("/predict")
async def predict(image: Annotated[UploadFile, File()]) -> dict[str, Any]:
    """Reads one image."""
    return pipeline(await image.read())
